package asm

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkPanel(b *testing.B) {
	for _, n := range []int{4, 64} {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			w := make([]int8, PanelBytes)
			d := make([]float32, PanelScales)
			a := make([]int8, n*PanelCols)
			s := make([]float32, n*2)
			for i := range w {
				w[i] = int8(rand.Int())
			}
			for i := range a {
				a[i] = int8(rand.Int())
			}
			out := make([]float32, n*PanelRows)
			for b.Loop() {
				Panel(out, PanelRows, w, d, a, PanelCols, s, 2, n)
			}
			b.ReportMetric(float64(b.N)*PanelBytes*float64(n)/float64(b.Elapsed().Nanoseconds()), "MAC/ns")
		})
	}
}

func BenchmarkMatMulF32(b *testing.B) {
	for _, n := range []int{4, 64} {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			w := make([]float32, PanelBytes)
			a := make([]float32, n*PanelCols)
			out := make([]float32, n*PanelRows)
			for b.Loop() {
				MatMulF32(out, PanelRows, w, PanelCols, a, PanelCols, n)
			}
			b.ReportMetric(float64(b.N)*PanelBytes*float64(n)/float64(b.Elapsed().Nanoseconds()), "MAC/ns")
		})
	}
}
