package asm

import "math"

// lanes is the number of partial sums of a reduction: element i goes to lane
// i mod 16, and lanes are folded in halves (8, 4, 2, 1). It is the order of a
// 512-bit register, of two of 256 bits or of four of 128.
const lanes = 16

func fold(s *[lanes]float32) float32 {
	for h := lanes / 2; h > 0; h /= 2 {
		for i := range h {
			s[i] += s[i+h]
		}
	}
	return s[0]
}

// Dot is Σ x[i]·y[i] in lanes.
func Dot(x, y []float32) float32 {
	if len(x) != len(y) {
		panic("asm: dot: lengths differ")
	}
	var s [lanes]float32
	for len(x) >= lanes {
		u, v := (*[lanes]float32)(x), (*[lanes]float32)(y)
		for i := range s {
			s[i] += float32(u[i] * v[i])
		}
		x, y = x[lanes:], y[lanes:]
	}
	for i := range x {
		s[i] += float32(x[i] * y[i])
	}
	return fold(&s)
}

// AddScaled is dst[i] += x[i]·f.
func AddScaled(dst, x []float32, f float32) {
	if len(dst) != len(x) {
		panic("asm: add scaled: lengths differ")
	}
	for i, v := range x {
		dst[i] += float32(v * f)
	}
}

// RMSNorm is dst[i] = x[i]/√(mean(x²) + eps) · w[i]; the mean is summed in
// lanes, then everything is float32. dst may be x.
func RMSNorm(dst, x, w []float32, eps float32) {
	if len(dst) != len(x) || len(w) != len(x) {
		panic("asm: rmsnorm: lengths differ")
	}
	mean := Dot(x, x) / float32(len(x))
	r := float32(1 / math.Sqrt(float64(mean+eps)))
	for i, v := range x {
		dst[i] = float32(v*r) * w[i]
	}
}

// SiLUMul is dst[i] = g/(1 + e^−g) · up[i] with g = gate[i]. dst may be either.
func SiLUMul(dst, gate, up []float32) {
	if len(dst) != len(gate) || len(up) != len(gate) {
		panic("asm: silu: lengths differ")
	}
	for i, g := range gate {
		dst[i] = float32(float64(g)/(1+math.Exp(-float64(g)))) * up[i]
	}
}

// Softmax replaces x by e^(x−max)/Σ. The exponentials are float32, their sum
// float64.
func Softmax(x []float32) {
	most := float32(math.Inf(-1))
	for _, v := range x {
		most = max(most, v)
	}
	sum := 0.0
	for i, v := range x {
		e := float32(math.Exp(float64(v - most)))
		x[i] = e
		sum += float64(e)
	}
	f := float32(1 / sum)
	for i := range x {
		x[i] *= f
	}
}

// Rotate turns the pairs (x[j], x[j+n]), n = len(cos), by the angles given by
// their cosines and sines: rotary positions in the rotate-half convention.
func Rotate(x, cos, sin []float32) {
	n := len(cos)
	if len(sin) != n || len(x) < 2*n {
		panic("asm: rotate: lengths differ")
	}
	for j := range n {
		a, b := x[j], x[j+n]
		x[j] = float32(a*cos[j]) - float32(b*sin[j])
		x[j+n] = float32(b*cos[j]) + float32(a*sin[j])
	}
}
