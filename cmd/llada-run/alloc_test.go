package main

import (
	"testing"

	"llada/formats"
	"llada/runtime/backend"
	"llada/runtime/model"
)

// Passes of one length share their buffers: what a pass still allocates, closures
// and the answer, does not grow with the model.
func TestPassesShareBuffers(t *testing.T) {
	l := open(t, formats.Q4, "int8")
	ids, rows := make([]int32, 96), make([]int32, 32)
	for i := range rows {
		rows[i] = int32(i + 64)
		ids[rows[i]] = l.arch.MaskID
	}
	ask := &backend.Ask{Pick: &backend.Pick{Never: []int32{l.arch.MaskID}}}
	pass := func() {
		if _, err := l.model.Predict(t.Context(), model.Batch{{IDs: ids, Rows: rows}}, ask); err != nil {
			t.Fatal(err)
		}
	}
	pass()
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			pass()
		}
	})
	// The residual stream alone has 96·256·4 bytes.
	if n := r.AllocedBytesPerOp(); n > 32<<10 {
		t.Errorf("a pass of 96 positions allocates %d bytes", n)
	}
	t.Logf("%d bytes in %d allocations", r.AllocedBytesPerOp(), r.AllocsPerOp())
}
