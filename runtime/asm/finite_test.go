package asm

import (
	"math/rand/v2"
	"testing"
)

// NaN and infinities in any place of a row stay visible on every tier, whatever else
// a maximum or a comparison passes over.
func TestNotFiniteStays(t *testing.T) {
	all(t, "finite", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(12, 1))
		for _, n := range sizes[1:] {
			x, w := random(rng, n, 1), random(rng, n, 1)
			if !Finite(x) || !RMSNorm(make([]float32, n), x, w, 1e-5) {
				t.Fatalf("n=%d: finite numbers are not", n)
			}
			for _, v := range []float32{nan, inf, -inf} {
				at := rng.IntN(n)
				own := x[at]
				x[at] = v
				if Finite(x) || RMSNorm(make([]float32, n), x, w, 1e-5) {
					t.Fatalf("n=%d: %v at %d is finite", n, v, at)
				}
				if v != -inf || n == 1 { // −∞ beside others is a score that counts for nothing
					y := append([]float32(nil), x...)
					Softmax(y, 0.5)
					for i, p := range y {
						if p == p {
							t.Fatalf("n=%d: %v at %d, softmax %d is %v", n, v, at, i, p)
						}
					}
				}
				y := make([]float32, n)
				SiLUMul(y, w, x)
				if Finite(y) {
					t.Fatalf("n=%d: silu·%v at %d is finite", n, v, at)
				}
				if n > 1 {
					angle := random(rng, n/2, 1)
					y := append([]float32(nil), x...)
					Rotate(y, angle, angle)
					if Finite(y) {
						t.Fatalf("n=%d: %v at %d, rotated, is finite", n, v, at)
					}
				}
				x[at] = own
			}
		}
		// Squares that leave float32 say nothing about the numbers, but there is no norm.
		large := []float32{1e30, -3e38, 0}
		if !Finite(large) || RMSNorm(make([]float32, 3), large, large, 1e-5) {
			t.Error("numbers whose squares are infinite")
		}
	})
}
