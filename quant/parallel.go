package quant

import (
	"context"
	"sync"
	"sync/atomic"
)

// parallel calls f for i in [0, n) on up to run.Threads goroutines, each under
// run.Guard and with a state of its own, and returns the first error or the
// context's.
func parallel[S any](ctx context.Context, run Run, n int, state func() S, f func(s S, i int) error) error {
	var (
		next  atomic.Int64
		wait  sync.WaitGroup
		once  sync.Once
		first error
	)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := func() error {
		s := state()
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				break
			}
			if err := f(s, i); err != nil {
				return err
			}
		}
		return nil
	}
	guard := run.Guard
	if guard == nil {
		guard = func(f func() error) error { return f() }
	}
	for range max(1, min(run.Threads, n)) {
		wait.Go(func() {
			if err := guard(work); err != nil {
				once.Do(func() { first = err })
				cancel(err)
			}
		})
	}
	wait.Wait()
	if first != nil {
		return first
	}
	return ctx.Err()
}
