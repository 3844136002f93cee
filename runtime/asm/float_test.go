package asm

import (
	"math"
	"math/rand/v2"
	"testing"
)

// hostile draws from ordinary numbers and from those at the edges of float32.
func hostile(rng *rand.Rand, n int) []float32 {
	edges := []float32{
		0, float32(math.Copysign(0, -1)), 1, -1, 88, -88, 88.4, -87.5, -103, 1000, -1000,
		math.SmallestNonzeroFloat32, 1e-40, -1e-40, math.MaxFloat32, -math.MaxFloat32, inf, -inf, nan,
	}
	x := random(rng, n, rng.IntN(4))
	// Rarely, so that not every sum is NaN.
	for i := range x {
		if rng.IntN(8) == 0 {
			x[i] = edges[rng.IntN(len(edges))]
		}
		if rng.IntN(4) == 0 {
			x[i] *= 40
		}
	}
	return x
}

// Every tier does with hostile numbers what the definition does.
func TestFloatKernelsAgree(t *testing.T) {
	all(t, "float32", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 1))
		k, g := active.float, &genericFloats
		for range 3000 {
			n := 1 + rng.IntN(70)
			x, y, z := hostile(rng, n), hostile(rng, n), hostile(rng, 2*n)
			scale := hostile(rng, 1)[0]
			// both runs a kernel on copies of z by both and compares.
			both := func(name string, run func(k *floatKernels, z []float32)) {
				t.Helper()
				got, want := newGuarded(2*n, rng.IntN(3)), make([]float32, 2*n)
				copy(got.x, z)
				copy(want, z)
				run(k, got.x)
				run(g, want)
				for i := range want {
					if !same(got.x[i], want[i]) {
						t.Fatalf("%s of %d: element %d is %v, want %v", name, n, i, got.x[i], want[i])
					}
				}
				got.check(t)
			}
			both("dot", func(k *floatKernels, z []float32) { z[0] = k.dot(&x[0], &y[0], n) })
			if rows := n / StripRows; rows > 0 {
				both("addOutputs", func(k *floatKernels, z []float32) { k.addOutputs(&z[0], 2*StripRows, &x[0], rows) })
				both("copyOutputs", func(k *floatKernels, z []float32) { k.copyOutputs(&z[0], 2*StripRows, &x[0], rows) })
			}
			both("rmsnorm", func(k *floatKernels, z []float32) { k.rmsnorm(&z[0], &x[0], &y[0], n, scale) })
			both("silu", func(k *floatKernels, z []float32) { k.silu(&z[0], &x[0], &y[0], n) })
			both("softmax", func(k *floatKernels, z []float32) { k.softmax(&z[0], n, scale) })
			both("rotate", func(k *floatKernels, z []float32) { k.rotate(&z[0], &x[0], &y[0], n) })
			both("sumExp", func(k *floatKernels, z []float32) { z[0] = float32(k.sumExp(&x[0], n, scale)) })
			both("argMax", func(k *floatKernels, z []float32) { z[0] = float32(k.argMax(&x[0], n)) })
			w := hostile(rng, 64+n)
			both("matmul", func(k *floatKernels, z []float32) {
				if len(z) >= 64 {
					k.matmul(&z[0], StripRows, &w[0], 1+n/2, 3, &x[0], 1, 2)
				}
			})
		}
	})
}

// same takes any NaN for any other.
func same(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}
