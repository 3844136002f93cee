package cpu

import (
	"fmt"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/cpu"

	"llada/formats/mmap"
)

// pool runs loops, one at a time, on a fixed number of workers, which live until
// close.
type pool struct {
	workers int
	f       func(worker, i int)
	n       int
	failed  atomic.Pointer[error] // the first panic of the loop
	closed  bool
	caller  *sleeper
	helpers []*sleeper
	ended   sync.WaitGroup
	// On cache lines of their own: helpers that look for work read state all the
	// time.
	_     cpu.CacheLinePad
	next  atomic.Int64 // the first i not taken
	_     cpu.CacheLinePad
	state atomic.Uint64
	_     cpu.CacheLinePad
}

// The state of a pool is the number of the loop in its upper half, and below it
// whether the loop may be joined and how many helpers have.
const (
	oneTurn = 1 << 32
	open    = 1 << 31
)

// newPool starts the workers. They are not tied to cores: measured, that made a
// product up to twice as slow as soon as anything else ran on one of them.
func newPool(workers int) *pool {
	p := &pool{workers: workers, caller: newSleeper(), helpers: make([]*sleeper, workers-1)}
	for i := range p.helpers {
		p.helpers[i] = newSleeper()
		p.ended.Go(func() { p.help(i) })
	}
	return p
}

// run calls f(worker, i) for i in [0, n), each once, in any order, and waits.
// The caller is worker 0. It waits for helpers that have joined, not for those
// that something else keeps from a core. A panic of f, a fault on a mapped file
// among them, is the error; calls that had not begun are left out then.
func (p *pool) run(n int, f func(worker, i int)) error {
	p.f, p.n = f, n
	p.failed.Store(nil)
	p.next.Store(0)
	if n > 1 {
		p.open()
	}
	p.loop(0)
	if p.state.And(^uint64(open))&open != 0 {
		p.caller.wait(func() bool { return uint32(p.state.Load()) == 0 })
	}
	p.f = nil
	if err := p.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// open lets helpers join a loop that has been prepared.
func (p *pool) open() {
	p.state.Add(oneTurn | open)
	for i := range p.helpers {
		p.helpers[i].wake()
	}
}

func (p *pool) loop(worker int) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err := panicked(r)
			p.failed.CompareAndSwap(nil, &err)
			p.next.Store(int64(p.n))
		}
	}()
	for {
		i := int(p.next.Add(1)) - 1
		if i >= p.n {
			return
		}
		p.f(worker, i)
	}
}

// help joins every loop that is still open when it looks.
func (p *pool) help(i int) {
	for last := uint64(0); ; {
		var s uint64
		p.helpers[i].wait(func() bool {
			s = p.state.Load()
			return s&open != 0 && s/oneTurn != last
		})
		if !p.state.CompareAndSwap(s, s+1) {
			continue
		}
		if p.closed {
			return
		}
		last = s / oneTurn
		p.loop(i + 1)
		if uint32(p.state.Add(^uint64(0))) == 0 {
			p.caller.wake()
		}
	}
}

func (p *pool) close() {
	p.closed = true
	p.open()
	p.ended.Wait()
}

// panicked is the error of a recovered panic: a fault on mapped memory, or a
// mistake in this program, with the place where it happened.
func panicked(r any) error {
	if fault := mmap.Recovered(r); fault != nil {
		return fault
	}
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	for raised := false; ; {
		f, more := frames.Next()
		if raised && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Errorf("internal error: %v (%s, line %d of %s)", r, f.Function, f.Line, path.Base(f.File))
		}
		raised = raised || f.Function == "runtime.gopanic"
		if !more {
			return fmt.Errorf("internal error: %v", r)
		}
	}
}
