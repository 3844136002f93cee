package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestSumExp(t *testing.T) {
	all(t, "sum of exponentials", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(8, 1))
		for _, n := range append(sizes, 5000) {
			for offset := range 2 {
				x := random(rng, n, offset)
				most := -inf
				for i := range x {
					x[i] *= 10
					most = max(most, x[i])
				}
				if n > 3 && offset == 1 {
					x[1], x[n-2] = -inf, most-87.5
				}
				var s [16]float64
				exact := 0.0
				for i, v := range x {
					e := expReference(float32(v - most))
					s[i%16] += float64(e)
					exact += math.Exp(float64(v) - float64(most))
				}
				for h := 8; h > 0; h /= 2 {
					for i := range h {
						s[i] += s[i+h]
					}
				}
				got := SumExp(x, most)
				if got != s[0] {
					t.Fatalf("n=%d: %v, want %v", n, got, s[0])
				}
				// An exponential and the difference before it round: together ulps
				// of terms, each of which is 1 at most.
				if math.Abs(got-exact) > 4e-7*exact {
					t.Fatalf("n=%d: %v, exactly %v", n, got, exact)
				}
			}
		}
		for _, c := range []struct {
			x          []float32
			most, want float32
		}{
			{[]float32{-inf, -inf}, 0, 0}, {[]float32{1, nan}, 1, nan}, {[]float32{1, 500}, 1, inf}, {[]float32{inf}, inf, nan},
		} {
			if got := float32(SumExp(c.x, c.most)); !same(got, c.want) {
				t.Errorf("%v less %v: %v, want %v", c.x, c.most, got, c.want)
			}
		}
	})
}

func TestArgMax(t *testing.T) {
	all(t, "argmax", func(t *testing.T) {
		check := func(x []float32, want int) {
			t.Helper()
			if got := ArgMax(x); got != want {
				t.Fatalf("of %d: %d, want %d", len(x), got, want)
			}
		}
		rng := rand.New(rand.NewPCG(9, 1))
		for _, n := range sizes[1:] {
			for i := range n {
				x := random(rng, n, i%3)
				x[i] = 100
				check(x, i)
				x[rng.IntN(n-i)+i] = 100 // a later equal
				check(x, i)
				for j := range x { // all below 0, so that 0 beyond the end does not win
					x[j] -= 200
				}
				check(x, i)
				for j := range x { // the sign of a zero does not count
					x[j] = float32(math.Copysign(0, float64(x[j])))
				}
				check(x, 0)
				x[0] = nan
				check(x, min(1, n-1))
			}
		}
		check(nil, 0)
		check([]float32{nan, nan}, 0)
		check([]float32{-inf, -inf, -inf}, 0)
		check([]float32{nan, -inf, nan, -inf}, 1)
		check([]float32{1, nan, 2, inf, inf, nan}, 3)
	})
}

func BenchmarkVector(b *testing.B) {
	for _, tier := range Names(true) {
		for _, n := range []int{128, 4096, 126464} {
			x, y, z := make([]float32, n), make([]float32, n), make([]float32, n)
			rng := rand.New(rand.NewPCG(1, 1))
			for _, k := range []struct {
				name string
				call func()
			}{
				{"dot", func() { Dot(x, y) }},
				{"addOutputs", func() { AddOutputs(z, StripRows, x, n/StripRows, StripRows) }},
				{"rmsnorm", func() { RMSNorm(z, x, y, 1e-5) }},
				{"silu", func() { SiLUMul(z, x, y) }},
				{"softmax", func() { Softmax(z, 0.1) }},
				{"rotate", func() { Rotate(z, x[:n/2], y[:n/2]) }},
				{"sumExp", func() { SumExp(x, 4) }},
				{"argMax", func() { ArgMax(x) }},
			} {
				for i := range x {
					x[i], y[i], z[i] = rng.Float32(), rng.Float32(), rng.Float32()
				}
				x[n-1] = 4
				b.Run(fmt.Sprintf("%s/%s/n=%d", k.name, tier, n), func(b *testing.B) {
					defer Use(Active())
					if err := Use(tier); err != nil {
						b.Fatal(err)
					}
					for b.Loop() {
						k.call()
					}
					b.ReportMetric(float64(b.N)*float64(n)/float64(b.Elapsed().Nanoseconds()), "elements/ns")
				})
			}
		}
	}
}
