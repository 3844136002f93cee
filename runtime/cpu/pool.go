package cpu

import (
	"sync"
	"sync/atomic"
)

// pool runs loops on a fixed number of workers, which live until close.
type pool struct {
	jobs    chan func(worker int)
	workers int
	done    sync.WaitGroup
}

// newPool starts the workers. They are not tied to cores: measured, that made a
// product up to twice as slow as soon as anything else ran on one of them.
func newPool(workers int) *pool {
	p := &pool{jobs: make(chan func(int)), workers: workers}
	for w := 1; w < workers; w++ {
		p.done.Go(func() {
			for job := range p.jobs {
				job(w)
			}
		})
	}
	return p
}

// run calls f(worker, i) for i in [0, n), each once, in any order, and waits.
// The caller is worker 0.
func (p *pool) run(n int, f func(worker, i int)) {
	var next atomic.Int64
	loop := func(worker int) {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			f(worker, i)
		}
	}
	var wait sync.WaitGroup
	for range min(p.workers, n) - 1 {
		wait.Add(1)
		p.jobs <- func(worker int) {
			defer wait.Done()
			loop(worker)
		}
	}
	loop(0)
	wait.Wait()
}

func (p *pool) close() {
	close(p.jobs)
	p.done.Wait()
}
