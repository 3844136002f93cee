package main

import (
	"testing"

	"llada/formats"
	"llada/runtime/backend"
	"llada/runtime/model"
)

// BenchmarkStep is a decoding step whose number of asked rows changes every time.
func BenchmarkStep(b *testing.B) {
	l := open(b, formats.Q4, "int8")
	ids, rows := make([]int32, 96), make([]int32, 32)
	for i := range rows {
		rows[i] = int32(i + 64)
		ids[rows[i]] = l.Tokens.Mask
	}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n = n%32 + 1
		s := model.Seq{IDs: ids, Asked: rows[:n], Ask: backend.Ask{Pick: &backend.Pick{Never: []int32{l.Tokens.Mask}}}}
		if _, err := l.Predict(b.Context(), []model.Seq{s}); err != nil {
			b.Fatal(err)
		}
	}
}
