package asm

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func matMulReference(out []float32, ldo int, w []float32, ldw, cols int, a []float32, lda, n int) {
	for t := range n {
		for r := range StripRows {
			sum := float32(0)
			for k := range cols {
				sum = FMA(w[k*ldw+r], a[t*lda+k], sum)
			}
			out[t*ldo+r] += sum
		}
	}
}

func TestMatMul(t *testing.T) {
	all(t, "matmul", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 1))
		for n := 1; n <= 37; n++ {
			for _, cols := range []int{1, 2, 3, 7, 16, 31, 255, 256} {
				if testing.Short() && n > 9 && cols > 16 {
					continue
				}
				for offset := range 2 {
					ldo, lda, ldw := StripRows+3*offset, cols+5*offset, StripRows+7*offset
					w, a := random(rng, (cols-1)*ldw+StripRows, offset), random(rng, (n-1)*lda+cols, offset)
					got, want := newGuarded((n-1)*ldo+StripRows, offset), newGuarded((n-1)*ldo+StripRows, 0)
					for i, v := range random(rng, len(want.x), 0) {
						got.x[i], want.x[i] = v, v
					}
					MatMul(got.x, ldo, w, ldw, cols, a, lda, n)
					matMulReference(want.x, ldo, w, ldw, cols, a, lda, n)
					sameBits(t, got.x, want.x)
					got.check(t)
				}
			}
		}
	})
}

func BenchmarkMatMul(b *testing.B) {
	for _, tier := range Names(true) {
		for _, n := range []int{1, 12, 96} {
			b.Run(fmt.Sprintf("%s/M=%d", tier, n), func(b *testing.B) {
				defer Use(Active())
				if err := Use(tier); err != nil {
					b.Fatal(err)
				}
				const cols = 256
				rng := rand.New(rand.NewPCG(4, 2))
				w, a := random(rng, cols*StripRows, 0), random(rng, n*cols, 0)
				out := make([]float32, n*StripRows)
				for b.Loop() {
					MatMul(out, StripRows, w, StripRows, cols, a, cols, n)
				}
				b.ReportMetric(float64(b.N)*cols*StripRows*float64(n)/float64(b.Elapsed().Nanoseconds()), "MAC/ns")
			})
		}
	}
}
