package asm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// sizes are vector lengths around the 16 lanes and their multiples.
var sizes = func() (n []int) {
	for i := range 36 {
		n = append(n, i)
	}
	return append(n, 63, 64, 65, 127, 128, 130, 1000)
}()

// laneSum sums x in the order of the definitions: 16 lanes, folded 8 onto 8, 4
// onto 4, 2 onto 2, 1 onto 1.
func laneSum(x []float32) float32 {
	var s [16]float32
	for i, v := range x {
		s[i%16] = s[i%16] + v
	}
	for h := 8; h > 0; h /= 2 {
		for i := range h {
			s[i] = s[i] + s[i+h]
		}
	}
	return s[0]
}

func TestDot(t *testing.T) {
	all(t, "dot", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 1))
		for _, n := range sizes {
			for offset := range 2 {
				x, y := random(rng, n, offset), random(rng, n, offset)
				var p []float32
				exact, size := 0.0, 0.0
				for i := range x {
					p = append(p, float32(x[i]*y[i]))
					exact += float64(x[i]) * float64(y[i])
					size += math.Abs(float64(x[i]) * float64(y[i]))
				}
				want := laneSum(p)
				got := Dot(x, y)
				sameBits(t, []float32{got}, []float32{want})
				// Up to n/16 + 5 roundings of half an ulp.
				if bound := size * float64(n/16+5) * 0x1p-24; math.Abs(float64(got)-exact) > bound {
					t.Fatalf("n=%d: %v, exactly %v", n, got, exact)
				}
			}
		}
	})
}

func TestOutputs(t *testing.T) {
	all(t, "outputs", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(2, 1))
		for rows := range 14 {
			for _, n := range []int{1, 16, 31, 32} {
				for _, ld := range []int{n, 32, 33, 64} {
					if ld < n {
						continue
					}
					length := max(rows-1, 0)*ld + n
					outputs, sums := random(rng, rows*StripRows, 1), random(rng, length, 0)
					got, copied := newGuarded(length, 1), newGuarded(length, 1)
					copy(got.x, sums)
					copy(copied.x, sums)
					copies := slices.Clone(sums)
					lines := make([]float32, length+17)
					for uintptr(unsafe.Pointer(&lines[0]))%64 != 0 {
						lines = lines[1:]
					}
					streamed := lines[rows%2:][:length] // on a line, and off
					copy(streamed, sums)
					StreamOutputs(streamed, ld, outputs, rows, n)
					AddOutputs(got.x, ld, outputs, rows, n)
					CopyOutputs(copied.x, ld, outputs, rows, n)
					for i := range sums {
						if t, r := i/ld, i%ld; t < rows && r < n {
							sums[i] += outputs[t*StripRows+r]
							copies[i] = outputs[t*StripRows+r]
						}
					}
					sameBits(t, got.x, sums)
					sameBits(t, copied.x, copies)
					sameBits(t, streamed, copies)
					got.check(t)
					copied.check(t)
				}
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
				want := make([]float32, n)
				for i, v := range x {
					want[i] = float32(v * v)
				}
				mean := laneSum(want)/float32(n) + eps
				root := float32(math.Sqrt(float64(mean)))
				inverse := 1 / root
				for i, v := range x {
					y := float32(v * inverse)
					want[i] = y * w[i]
				}
				sameBits(t, got.x, want)
				for i, v := range got.x {
					// Half of the relative error of the mean, then the roundings of
					// the root, its inverse and two products.
					if u := ulps(v, float64(x[i])*r*float64(w[i])); u > float64(n/16+5)/2+5 {
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
			for offset := range 2 {
				gate, up := random(rng, n, offset), random(rng, n, offset)
				for i := range gate {
					gate[i] *= 8
				}
				if n > 2 {
					gate[n-1], gate[n/2] = -100, 88
				}
				got := newGuarded(n, offset)
				SiLUMul(got.x, gate, up)
				got.check(t)
				want := make([]float32, n)
				for i, g := range gate {
					d := 1 + expReference(-g)
					s := g / d
					want[i] = s * up[i]
				}
				sameBits(t, got.x, want)
				for i, v := range got.x {
					g := float64(gate[i])
					// e^−g, the sum, the quotient and the product; below, silu is 0.
					if u := ulps(v, g/(1+math.Exp(-g))*float64(up[i])); u > 3.5 && g > -88 {
						t.Fatalf("n=%d: silu(%v)·%v is %v, %.2f ulps off", n, gate[i], up[i], v, u)
					}
				}
				a, b := slices.Clone(gate), slices.Clone(up)
				SiLUMul(a, a, up)
				SiLUMul(b, gate, b)
				sameBits(t, a, want)
				sameBits(t, b, want)
			}
		}
		for _, c := range []struct{ gate, want float32 }{
			{0, 0}, {100, 100}, {-1000, 0}, {-math.MaxFloat32, 0}, {math.MaxFloat32, math.MaxFloat32},
			{inf, inf}, {nan, nan}, {-inf, nan},
		} {
			out := []float32{0}
			SiLUMul(out, []float32{c.gate}, []float32{1})
			if out[0] != c.want && c.want == c.want || c.want != c.want && out[0] == out[0] {
				t.Errorf("silu(%v) is %v, want %v", c.gate, out[0], c.want)
			}
		}
	})
}

// softmaxReference is the definition spelled out.
func softmaxReference(x []float32, scale float32) []float32 {
	s, most := make([]float32, len(x)), -inf
	for i, v := range x {
		s[i] = float32(v * scale)
		most = max(most, s[i])
	}
	for i, v := range s {
		s[i] = expReference(float32(v - most))
	}
	f := 1 / laneSum(s)
	for i := range s {
		s[i] = s[i] * f
	}
	return s
}

func TestSoftmax(t *testing.T) {
	all(t, "softmax", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 1))
		for _, n := range sizes[1:] {
			for offset := range 2 {
				for _, scale := range []float32{1, 0.088388346, 30} {
					in := random(rng, n, offset)
					for i := range in {
						in[i] *= 5
					}
					if n > 3 && offset == 1 {
						in[0], in[n-2] = -inf, -inf
					}
					got := newGuarded(n, offset)
					copy(got.x, in)
					Softmax(got.x, scale)
					got.check(t)
					sameBits(t, got.x, softmaxReference(in, scale))
					checkWeights(t, got.x, in, scale)
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
			{"hidden", []float32{-inf, 2}, []float32{0, 1}},
			{"zeros of both signs", []float32{0, float32(math.Copysign(0, -1))}, []float32{0.5, 0.5}},
			{"all hidden", []float32{-inf, -inf}, []float32{nan, nan}},
			{"nan", []float32{1, nan, 2}, []float32{nan, nan, nan}},
			{"infinite", []float32{1, inf}, []float32{nan, nan}},
		} {
			x := slices.Clone(c.in)
			Softmax(x, 1)
			sameBits(t, x, c.want)
		}
	})
}

// checkWeights compares weights with float64.
func checkWeights(t *testing.T, got, in []float32, scale float32) {
	t.Helper()
	most, sum := math.Inf(-1), 0.0
	for _, v := range in {
		most = max(most, float64(float32(v*scale)))
	}
	for _, v := range in {
		sum += math.Exp(float64(float32(v*scale)) - most)
	}
	for i, v := range got {
		d := float64(float32(in[i]*scale)) - most
		// s − max rounds: its error is an ulp of the difference at most.
		slack := float64(len(in)/16+5)/2 + 4 + math.Abs(d)
		if u := ulps(v, math.Exp(d)/sum); u > slack && d > -80 {
			t.Fatalf("n=%d: weight %d is %v, %.2f ulps off", len(in), i, v, u)
		}
	}
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
