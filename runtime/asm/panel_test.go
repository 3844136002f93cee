package asm

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkPanel(b *testing.B) {
	w := make([]int8, PanelBytes)
	d := make([]float32, PanelScales)
	const n = 64
	a := make([]int8, n*PanelCols)
	s := make([]float32, n*2)
	for i := range w {
		w[i] = int8(rand.Int())
	}
	for i := range a {
		a[i] = int8(rand.Int())
	}
	out := make([]float32, n*16)
	for b.Loop() {
		Panel(out, 16, w, d, a, PanelCols, s, 2, n)
	}
	b.ReportMetric(float64(b.N)*PanelBytes*n/float64(b.Elapsed().Nanoseconds()), "MAC/ns")
}
func BenchmarkMatMul(b *testing.B) {
	w := make([]float32, PanelBytes)
	const n = 64
	a := make([]float32, n*PanelCols)
	out := make([]float32, n*16)
	for b.Loop() {
		MatMulF32(out, 16, w, 256, a, PanelCols, n)
	}
	b.ReportMetric(float64(b.N)*PanelBytes*n/float64(b.Elapsed().Nanoseconds()), "MAC/ns")
}
