package asm

import "math"

// Dot is Σ x[i]·y[i] in lanes: product i, rounded, is added to sum i mod 16 of
// 16, and the sums are folded in halves (8, 4, 2, 1).
func Dot(x, y []float32) float32 {
	if len(x) != len(y) {
		panic("asm: dot: lengths differ")
	}
	if len(x) == 0 {
		return 0
	}
	return active.float.dot(&x[0], &y[0], len(x))
}

// Finite reports whether x holds neither NaN nor ±∞.
func Finite(x []float32) bool {
	if sum := Dot(x, x); sum-sum == 0 {
		return true
	}
	for _, v := range x { // squares may leave float32 by themselves
		if v-v != 0 {
			return false
		}
	}
	return true
}

// RMSNorm is dst[i] = x[i]/√(mean(x²) + eps) · w[i], the mean summed in lanes. It
// reports whether the mean is finite: where it is not, x holds NaN or ±∞ or comes
// near it, and dst means nothing. dst may be x.
func RMSNorm(dst, x, w []float32, eps float32) (finite bool) {
	if len(dst) != len(x) || len(w) != len(x) {
		panic("asm: rmsnorm: lengths differ")
	}
	n := len(x)
	if n == 0 {
		return true
	}
	mean := active.float.dot(&x[0], &x[0], n) / float32(n)
	r := 1 / float32(math.Sqrt(float64(mean+eps))) // the root of a float32 rounds once
	active.float.rmsnorm(&dst[0], &x[0], &w[0], n, r)
	return mean-mean == 0
}

// SiLUMul is dst[i] = g/(1 + e^−g) · up[i] with g = gate[i]. dst may be either.
func SiLUMul(dst, gate, up []float32) {
	if len(dst) != len(gate) || len(up) != len(gate) {
		panic("asm: silu: lengths differ")
	}
	if len(gate) == 0 {
		return
	}
	active.float.silu(&dst[0], &gate[0], &up[0], len(gate))
}

// Softmax replaces x by e^(s−max)/Σ with s = x·scale. Scores of −∞ become 0; one
// at least must be finite.
func Softmax(x []float32, scale float32) {
	if len(x) == 0 {
		return
	}
	active.float.softmax(&x[0], len(x), scale)
}

// Rotate turns the pairs (x[j], x[j+n]), n = len(cos), by the angles given by
// their cosines and sines: rotary positions in the rotate-half convention.
func Rotate(x, cos, sin []float32) {
	n := len(cos)
	if len(sin) != n || len(x) < 2*n {
		panic("asm: rotate: lengths differ")
	}
	if n == 0 {
		return
	}
	active.float.rotate(&x[0], &cos[0], &sin[0], n)
}

// SumExp is Σ e^(x[i] − most), exponentials in float32, their sum in lanes of
// float64.
func SumExp(x []float32, most float32) float64 {
	if len(x) == 0 {
		return 0
	}
	return active.float.sumExp(&x[0], len(x), most)
}

// ArgMax is the index of the greatest of x, the lowest of equals. It passes over
// NaN; if nothing else is there, or nothing at all, it is 0.
func ArgMax(x []float32) int {
	if len(x) == 0 {
		return 0
	}
	return active.float.argMax(&x[0], len(x))
}
