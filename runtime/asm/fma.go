package asm

import "math"

// FMA is a·b + c rounded once, as the instruction does it: the sum is rounded
// to odd in float64, where the product is exact, so that the second rounding
// cannot see a tie that is none (Boldo and Melquiond, IEEE Trans. Computers
// 57(4), 2008).
func FMA(a, b, c float32) float32 {
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
