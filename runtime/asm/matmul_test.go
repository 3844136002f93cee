package asm

import (
	"math/rand/v2"
	"testing"
)

func matMulReference(out []float32, ldo int, w []float32, cols int, a []float32, lda int, n int) {
	for t := range n {
		for r := range 16 {
			sum := float32(0)
			for k := range cols {
				p := float32(w[k*16+r] * a[t*lda+k])
				sum = float32(sum + p)
			}
			out[t*ldo+r] += sum
		}
	}
}

func TestMatMulF32(t *testing.T) {
	all(t, "matmul", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 1))
		for n := 1; n <= 33; n++ {
			for _, cols := range []int{1, 2, 3, 7, 16, 31, 255, 256} {
				if testing.Short() && n > 9 && cols > 16 {
					continue
				}
				for offset := range 2 {
					ldo, lda := 16+3*offset, cols+5*offset
					w, a := random(rng, cols*16, offset), random(rng, (n-1)*lda+cols, offset)
					got, want := newGuarded((n-1)*ldo+16, offset), newGuarded((n-1)*ldo+16, 0)
					for i, v := range random(rng, len(want.x), 0) {
						got.x[i], want.x[i] = v, v
					}
					MatMulF32(got.x, ldo, w, cols, a, lda, n)
					matMulReference(want.x, ldo, w, cols, a, lda, n)
					sameBits(t, got.x, want.x)
					got.check(t)
				}
			}
		}
	})
}
