package cpu

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Every i is taken once, by a worker that no other takes an i as at that time,
// whether helpers are looking for work or asleep, and whatever keeps them.
func TestPoolTakesEachOnce(t *testing.T) {
	for _, procs := range []int{1, 2, runtime.NumCPU()} {
		for _, workers := range []int{1, 2, 3, 9} {
			func() {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				p := newPool(workers)
				defer p.close()
				busy := make([]atomic.Int32, workers)
				for round := range 300 {
					if round%100 == 0 {
						time.Sleep(3 * patience)
					}
					n := []int{0, 1, 2, 3, 64, 1000}[round%6]
					taken := make([]int, n)
					p.run(n, func(worker, i int) {
						if busy[worker].Add(1) != 1 {
							t.Errorf("worker %d is two", worker)
						}
						taken[i]++
						busy[worker].Add(-1)
					})
					for i, k := range taken {
						if k != 1 {
							t.Fatalf("%d workers on %d processors, round %d: %d of %d taken %d times", workers, procs, round, i, n, k)
						}
					}
				}
			}()
		}
	}
}

func TestPoolSharesWork(t *testing.T) {
	p := newPool(2)
	defer p.close()
	var met [2]chan struct{}
	for i := range met {
		met[i] = make(chan struct{})
	}
	// Two pieces that wait for each other end only if two workers have them.
	p.run(2, func(_, i int) {
		close(met[i])
		<-met[1-i]
	})
}

// A panic is the error of its loop, whichever worker meets it; the workers live on.
func TestPoolPanics(t *testing.T) {
	for _, workers := range []int{1, 2, 5} {
		p := newPool(workers)
		for bad := range 40 {
			err := p.run(40, func(_, i int) {
				if i == bad {
					panic("broken")
				}
			})
			if err == nil || !strings.Contains(err.Error(), "internal error: broken (llada/runtime/cpu.TestPoolPanics") {
				t.Fatalf("%d workers, panic at %d: error %v", workers, bad, err)
			}
			var n atomic.Int32
			if err := p.run(40, func(_, _ int) { n.Add(1) }); err != nil || n.Load() != 40 {
				t.Fatalf("%d workers: %d of 40 after a panic, error %v", workers, n.Load(), err)
			}
		}
		p.close()
	}
}
