package main

import (
	"testing"

	"llada/formats"
	"llada/runtime/backend"
	"llada/runtime/model"
)

// Passes share their buffers, however many rows a step asks: what a pass still
// allocates, closures and the answer, does not grow with the model.
func TestPassesShareBuffers(t *testing.T) {
	pass := steps(t)
	pass(5) // not the most that will be asked
	n := 0
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			n = n%32 + 1
			pass(n)
		}
	})
	// The residual stream alone has 96·256·4 bytes, the logits of a row 2048·4.
	if n := r.AllocedBytesPerOp(); n > 20<<10 {
		t.Errorf("a pass of 96 positions allocates %d bytes", n)
	}
	t.Logf("%d bytes in %d allocations", r.AllocedBytesPerOp(), r.AllocsPerOp())
}

// BenchmarkStep is a decoding step whose number of asked rows changes every time.
func BenchmarkStep(b *testing.B) {
	step := steps(b)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n = n%32 + 1
		step(n)
	}
}

// steps computes passes of 96 positions that ask so many of the last 32.
func steps(t testing.TB) func(asked int) {
	b := open(t, formats.Q4, "int8")
	ids, rows := make([]int32, 96), make([]int32, 32)
	for i := range rows {
		rows[i] = int32(i + 64)
		ids[rows[i]] = b.Tokens.Mask
	}
	return func(asked int) {
		s := model.Seq{IDs: ids, Asked: rows[:asked], Ask: backend.Ask{Pick: &backend.Pick{Never: []int32{b.Tokens.Mask}}}}
		if _, err := b.Predict(t.Context(), []model.Seq{s}); err != nil {
			t.Fatal(err)
		}
	}
}
