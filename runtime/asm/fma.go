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

// fmaOdd is FMA of any numbers.
//
//go:noinline
func fmaOdd(a, b, c float32) float32 { return float32(sumOdd(a, b, c)) }

// sumOdd is a·b + c rounded to odd, so that a second rounding cannot see a tie
// that is none (Boldo and Melquiond, IEEE Trans. Computers 57(4), 2008).
func sumOdd(a, b, c float32) float64 {
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
	return s
}

// fmaFlush is FMA with a zero of the same sign for what is subnormal after
// rounding to 24 bits.
func fmaFlush(a, b, c float32) float32 {
	const least = 0x1p-126 - 0x1p-151 // rounds to the least normal number
	s := sumOdd(a, b, c)
	if math.Abs(s) < least {
		return float32(math.Copysign(0, s))
	}
	return float32(s)
}
