package asm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// bigFMA is a·b + c by numbers of any length, rounded once.
func bigFMA(a, b, c float32) float32 {
	s := float64(a)*float64(b) + float64(c)
	if s == 0 || math.IsNaN(s) || math.IsInf(s, 0) {
		return float32(s) // exact; float32 are too small for a product to leave float64
	}
	big64 := func(x float64) *big.Float { return new(big.Float).SetPrec(1000).SetFloat64(x) }
	p := big64(float64(a))
	p.Mul(p, big64(float64(b)))
	f, _ := p.Add(p, big64(float64(c))).Float32()
	return f
}

// FMA of random numbers, of those around midpoints and in float32's subnormal
// range, and of its edges.
func TestFMA(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	check := func(a, b, c float32) {
		t.Helper()
		for _, f := range []func(a, b, c float32) float32{FMA, fmaOdd} {
			if got, want := f(a, b, c), bigFMA(a, b, c); !same(got, want) {
				t.Fatalf("FMA(%x, %x, %x) = %x, want %x", a, b, c, got, want)
			}
		}
	}
	// short has few significant bits, so that sums are often exact midpoints.
	short := func() float32 {
		return float32(math.Ldexp(float64(rng.IntN(1<<13)-1<<12), rng.IntN(40)-20))
	}
	n := 300_000
	if testing.Short() {
		n /= 10
	}
	for range n {
		check(float32(rng.NormFloat64()), float32(rng.NormFloat64()), float32(math.Ldexp(rng.NormFloat64(), rng.IntN(60)-30)))
		check(short(), short(), short())
		check(math.Float32frombits(rng.Uint32()), math.Float32frombits(rng.Uint32()), math.Float32frombits(rng.Uint32()))

		// c, half a unit of it, and a grain on either side or none.
		e := rng.IntN(250) - 124
		c := math.Ldexp(float64(1<<23+rng.IntN(1<<23)), e-23)
		grain := []float64{0, 1, -1}[rng.IntN(3)] * math.Ldexp(1, -rng.IntN(24))
		half := (1 + grain) * math.Ldexp(1, e-24)
		at := rng.IntN(40) - 20
		check(float32(math.Ldexp(half, at-e/2)), float32(math.Ldexp(1, e/2-at)), float32(c))
		check(float32(math.Ldexp(-half, at-e/2)), float32(math.Ldexp(1, e/2-at)), float32(c))
		// (1 + x)(1 − x) = 1 − x², just below 1: half a unit of c with it.
		x := math.Ldexp(1, -1-rng.IntN(23))
		check(float32((1+x)*math.Ldexp(1, e/2)), float32((1-x)*math.Ldexp(1, e-e/2-24)), float32(c))
		// The same of subnormal numbers, whose unit is 2⁻¹⁴⁹.
		c = float64(rng.IntN(1<<24)) * 0x1p-149
		check(float32((1+x)*0x1p-75), float32((1-x)*0x1p-75), float32(c))
		check(float32((1+x)*0x1p-75), float32((x-1)*0x1p-75), float32(c))

		// Around the smallest normal numbers.
		tiny := func() float32 { return float32(math.Ldexp(rng.NormFloat64(), -126-rng.IntN(30))) }
		check(tiny(), short(), tiny())
		check(float32(math.Ldexp(rng.NormFloat64(), -63-rng.IntN(14))), float32(math.Ldexp(rng.NormFloat64(), -63)), tiny())
	}
	for range n / 10 {
		x := hostile(rng, 3)
		check(x[0], x[1], x[2])
	}
	// 1 + 2⁻²⁴ + 2⁻³⁶ is above the tie, and a tie goes to even.
	check(float32(1+math.Exp2(-12)), float32(math.Exp2(-24)), 1)
	check(float32(math.Exp2(-12)), float32(math.Exp2(-12)), 1)
	// Half a unit beyond the greatest number, and less.
	check(math.MaxFloat32, 1, float32(math.Exp2(103)))
	check(math.MaxFloat32, 1, float32(math.Exp2(103)-math.Exp2(80)))
}
