package asm

import "math"

// Constants of exp, which every tier shares.
const (
	expLow  = -88 // here and below, 2ⁿ is 0
	expHigh = 89  // here and above, 2ⁿ is ∞
	log2E   = float32(math.Log2E)

	// A float32 near 1.5·2²³ has no fraction: adding the shifter rounds to an
	// integer, ties to even, which stands in the low bits of the sum. The 127 is
	// the bias of the exponent.
	expShifter = 3<<22 + 127

	// ln 2 in two parts. The first has 9 bits, so that its product with n is exact
	// and so is x minus it.
	ln2High = float32(355.0 / 512)
	ln2Low  = float32(math.Ln2 - 355.0/512)
)

// The minimax polynomial of (eʳ − 1 − r)/r² for |r| ≤ ln(2)/2, highest power
// first: within 6·10⁻¹⁰ of eʳ.
const (
	expC5 = float32(0.00020215094)
	expC4 = float32(0.001393687)
	expC3 = float32(0.00833284)
	expC2 = float32(0.041666407)
	expC1 = float32(0.16666669)
	expC0 = float32(0.5)
)

// exp is eˣ = 2ⁿ·eʳ, n the integer nearest to x/ln 2, every operation rounded to
// float32:
//
//	x = clamp(x, −88, 89)
//	t = float32(x·log₂e) + (1.5·2²³ + 127)
//	n = t − (1.5·2²³ + 127)
//	r = (x − float32(n·ln2High)) − float32(n·ln2Low)
//	s = float32(r·r)
//	q = ((C5·r + C4)·s + (C3·r + C2))·s + (C1·r + C0)      products rounded
//	y = ((float32(q·s) + r) + 1)·2ⁿ
//
// with the bits of 2ⁿ those of t, 23 to the left: 0 for n = −127, which makes
// everything below −87.68 zero, and ∞ for n = 128, from 88.38 on. In between the
// error is at most 0.97 ulps. NaN stays NaN. The polynomial is not by Horner's
// rule because its chain of operations, not their number, is what takes time.
func exp(x float32) float32 {
	if x < expLow {
		x = expLow
	}
	if x > expHigh {
		x = expHigh
	}
	t := float32(x*log2E) + expShifter
	n := t - expShifter
	r := float32(x-float32(n*ln2High)) - float32(n*ln2Low)
	s := float32(r * r)
	q := float32((float32(expC5*r)+expC4)*s) + (float32(expC3*r) + expC2)
	q = float32(q*s) + (float32(expC1*r) + expC0)
	y := float32(float32(q*s)+r) + 1
	return float32(y * math.Float32frombits(math.Float32bits(t)<<23))
}
