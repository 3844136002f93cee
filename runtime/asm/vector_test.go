package asm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// sizes are vector lengths around the 16 lanes and their multiples.
var sizes = func() (n []int) {
	for i := range 35 {
		n = append(n, i)
	}
	return append(n, 63, 64, 65, 127, 128, 130, 1000)
}()

func TestDot(t *testing.T) {
	all(t, "dot", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 1))
		for _, n := range sizes {
			for offset := range 2 {
				x, y := random(rng, n, offset), random(rng, n, offset)
				// The order: 16 lanes, folded 8 onto 8, 4 onto 4, 2 onto 2, 1 onto 1.
				var s [16]float32
				exact, size := 0.0, 0.0
				for i := range x {
					p := float32(x[i] * y[i])
					s[i%16] = s[i%16] + p
					exact += float64(x[i]) * float64(y[i])
					size += math.Abs(float64(x[i]) * float64(y[i]))
				}
				for h := 8; h > 0; h /= 2 {
					for i := range h {
						s[i] = s[i] + s[i+h]
					}
				}
				got := Dot(x, y)
				if math.Float32bits(got) != math.Float32bits(s[0]) {
					t.Fatalf("n=%d: %v, want %v", n, got, s[0])
				}
				// Up to n/16 + 5 roundings of half an ulp.
				if bound := size * float64(n/16+5) * 0x1p-24; math.Abs(float64(got)-exact) > bound {
					t.Fatalf("n=%d: %v, exactly %v", n, got, exact)
				}
			}
		}
	})
}

func TestAddScaled(t *testing.T) {
	all(t, "add scaled", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(2, 1))
		for _, n := range sizes {
			for offset := range 2 {
				x, before, f := random(rng, n, offset), random(rng, n, 0), float32(rng.NormFloat64())
				got := newGuarded(n, offset)
				copy(got.x, before)
				AddScaled(got.x, x, f)
				want := make([]float32, n)
				for i := range want {
					p := float32(x[i] * f)
					want[i] = before[i] + p
				}
				sameBits(t, got.x, want)
				got.check(t)
			}
		}
	})
}

func TestRMSNorm(t *testing.T) {
	all(t, "rmsnorm", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 1))
		for _, n := range sizes[1:] {
			for _, scale := range []float32{1, 1e-6, 1e6} {
				const eps = 1e-5
				x, w := random(rng, n, 1), random(rng, n, 1)
				sum := 0.0
				for i := range x {
					x[i] *= scale
					sum += float64(x[i]) * float64(x[i])
				}
				got := newGuarded(n, 1)
				RMSNorm(got.x, x, w, eps)
				got.check(t)
				r := 1 / math.Sqrt(sum/float64(n)+float64(float32(eps)))
				for i, v := range got.x {
					// Half of the relative error of the mean, then the roundings of
					// the root and two products.
					if u := ulps(v, float64(x[i])*r*float64(w[i])); u > float64(n/16+5)/2+4 {
						t.Fatalf("n=%d: output %d is %v, %.1f ulps off", n, i, v, u)
					}
				}
				RMSNorm(x, x, w, eps)
				sameBits(t, x, got.x)
			}
		}
		zeros := make([]float32, 20)
		RMSNorm(zeros, zeros, random(rng, 20, 0), 1e-5)
		for _, v := range zeros {
			if v != 0 {
				t.Fatalf("zeros become %v", v)
			}
		}
	})
}

func TestSiLUMul(t *testing.T) {
	all(t, "silu", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 1))
		for _, n := range sizes {
			gate, up := random(rng, n, 1), random(rng, n, 1)
			for i := range gate {
				gate[i] *= 8
			}
			got := newGuarded(n, 1)
			SiLUMul(got.x, gate, up)
			got.check(t)
			for i, v := range got.x {
				g := float64(gate[i])
				if u := ulps(v, g/(1+math.Exp(-g))*float64(up[i])); u > 1.6 {
					t.Fatalf("n=%d: silu(%v)·%v is %v, %.2f ulps off", n, gate[i], up[i], v, u)
				}
			}
			a, b := slices.Clone(gate), slices.Clone(up)
			SiLUMul(a, a, up)
			SiLUMul(b, gate, b)
			sameBits(t, a, got.x)
			sameBits(t, b, got.x)
		}
		for _, c := range []struct{ gate, want float32 }{
			{0, 0}, {100, 100}, {-1000, 0}, {-math.MaxFloat32, 0}, {math.MaxFloat32, math.MaxFloat32},
		} {
			out := []float32{0}
			SiLUMul(out, []float32{c.gate}, []float32{1})
			if out[0] != c.want {
				t.Errorf("silu(%v) is %v, want %v", c.gate, out[0], c.want)
			}
		}
	})
}

func TestSoftmax(t *testing.T) {
	all(t, "softmax", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 1))
		for _, n := range sizes[1:] {
			in := random(rng, n, 1)
			for i := range in {
				in[i] *= 5
			}
			got := newGuarded(n, 1)
			copy(got.x, in)
			Softmax(got.x)
			got.check(t)
			most := float64(slices.Max(in))
			sum := 0.0
			for _, v := range in {
				sum += math.Exp(float64(v) - most)
			}
			for i, v := range got.x {
				// x − max rounds: its error is an ulp of the difference at most.
				slack := 3 + math.Abs(float64(in[i])-most)
				if u := ulps(v, math.Exp(float64(in[i])-most)/sum); u > slack {
					t.Fatalf("n=%d: weight %d is %v, %.2f ulps off", n, i, v, u)
				}
			}
		}
		for _, c := range []struct {
			name     string
			in, want []float32
		}{
			{"one", []float32{-1e30}, []float32{1}},
			{"equal", []float32{3, 3, 3, 3}, []float32{0.25, 0.25, 0.25, 0.25}},
			{"far apart", []float32{1e30, -1e30}, []float32{1, 0}},
			{"overflowing alone", []float32{1000, 1000}, []float32{0.5, 0.5}},
			{"hidden", []float32{float32(math.Inf(-1)), 2}, []float32{0, 1}},
		} {
			x := slices.Clone(c.in)
			Softmax(x)
			if !slices.Equal(x, c.want) {
				t.Errorf("%s: %v, want %v", c.name, x, c.want)
			}
		}
	})
}

func TestRotate(t *testing.T) {
	all(t, "rotate", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(6, 1))
		for n := range 34 {
			before := random(rng, 2*n+3, 1)
			cos, sin := make([]float32, n), make([]float32, n)
			for j := range n {
				s, c := math.Sincos(rng.Float64() * 7)
				cos[j], sin[j] = float32(c), float32(s)
			}
			got := newGuarded(2*n+3, 1)
			copy(got.x, before)
			Rotate(got.x, cos, sin)
			got.check(t)
			want := slices.Clone(before)
			for j := range n {
				a, b := before[j], before[j+n]
				p, q := float32(a*cos[j]), float32(b*sin[j])
				u, v := float32(b*cos[j]), float32(a*sin[j])
				want[j], want[j+n] = p-q, u+v
				// The length of the pair stays.
				r := math.Hypot(float64(a), float64(b))
				if h := math.Hypot(float64(want[j]), float64(want[j+n])); math.Abs(h-r) > 3e-7*r {
					t.Fatalf("pair %d: length %v becomes %v", j, r, h)
				}
			}
			sameBits(t, got.x, want) // the last three columns stay
		}
	})
}
