package quant

import (
	"context"
	"sync"
	"sync/atomic"
)

// parallel calls f for i in [0, n) on up to `threads` goroutines, each with a
// state of its own, and returns the first error or the context's.
func parallel[S any](ctx context.Context, threads, n int, state func() S, f func(s S, i int) error) error {
	var (
		next  atomic.Int64
		wait  sync.WaitGroup
		once  sync.Once
		first error
	)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for range max(1, min(threads, n)) {
		wait.Go(func() {
			s := state()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := f(s, i); err != nil {
					once.Do(func() { first = err })
					cancel(err)
				}
			}
		})
	}
	wait.Wait()
	if first != nil {
		return first
	}
	return ctx.Err()
}
