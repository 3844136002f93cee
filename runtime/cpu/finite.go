package cpu

import "llada/runtime/backend"

// runFinite is run of an operation of the weight w that finds out whether numbers
// are finite: f says so of row(i), and the pass fails with the first that is not,
// whichever worker finds another before.
func (b *Backend) runFinite(w *weight, n int, row func(i int) int, f func(worker, i int) bool) {
	first := &b.pass.notFinite
	first.Store(int64(n))
	b.run(n, func(worker, i int) {
		if f(worker, i) {
			return
		}
		for at := first.Load(); int64(i) < at && !first.CompareAndSwap(at, int64(i)); at = first.Load() {
		}
	})
	if i := int(first.Load()); i < n && b.pass.failed == nil {
		b.pass.failed = &backend.NotFinite{Tensor: w.info.Name, Row: row(i)}
	}
}
