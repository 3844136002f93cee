package asm

import "math"

// FMA is a·b + c rounded once, as the instruction does it.
func FMA(a, b, c float32) float32 {
	s := float64(a)*float64(b) + float64(c)
	if doubtful(s) {
		return fmaOdd(a, b, c)
	}
	return float32(s)
}

// doubtful: rounding s to float32 may differ from rounding the exact sum of
// which s is the float64. The product of two float32 is exact in float64, so
// that this takes a sum that lies near a midpoint of two float32 and rounds to
// it. float32's subnormal numbers have their midpoints elsewhere; zero is exact.
func doubtful(s float64) bool {
	const normal = (1023 - 126) << 53 // bits of 2⁻¹²⁶ without a sign
	u := math.Float64bits(s)
	return u<<35 == 1<<63 || u<<1 < normal && u<<1 != 0
}

// fmaOdd is FMA of any numbers: the sum is rounded to odd in float64, so that
// the second rounding cannot see a tie that is none (Boldo and Melquiond, IEEE
// Trans. Computers 57(4), 2008).
//
//go:noinline
func fmaOdd(a, b, c float32) float32 {
	p, z := float64(a)*float64(b), float64(c)
	s := float64(p + z)
	v := float64(s - p)
	e := float64(p-float64(s-v)) + float64(z-v) // s + e is the exact sum
	if u := math.Float64bits(s); e == e && e != 0 && u&1 == 0 {
		if (e > 0) == (s > 0) {
			u++
		} else {
			u--
		}
		s = math.Float64frombits(u)
	}
	return float32(s)
}
