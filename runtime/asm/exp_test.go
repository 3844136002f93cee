package asm

import (
	"math"
	"testing"
)

var inf, nan = float32(math.Inf(1)), float32(math.NaN())

// expReference is the definition once more, written as a table of steps with
// its constants as bits.
func expReference(x float32) float32 {
	c := math.Float32frombits
	switch {
	case x != x:
		return x
	case x < -88:
		x = -88
	case x > 89:
		x = 89
	}
	n := float32(math.RoundToEven(float64(float32(x * c(0x3fb8aa3b)))))
	high := float32(n * c(0x3f318000))
	low := float32(n * c(0xb95e8083))
	r := x - high
	r = r - low
	square := float32(r * r)
	pair := func(first, second uint32) float32 {
		p := float32(c(first) * r)
		return p + c(second)
	}
	y := pair(0x3953f87b, 0x3ab6ac60)
	for _, p := range []float32{pair(0x3c088677, 0x3d2aaa65), pair(0x3e2aaaac, 0x3f000000)} {
		y = float32(y * square)
		y = y + p
	}
	y = float32(y * square)
	y = y + r
	y = y + 1
	switch n {
	case -127:
		return 0
	case 128:
		return inf
	}
	return float32(math.Ldexp(float64(y), int(n)))
}

func TestExp(t *testing.T) {
	for _, c := range []struct{ x, want float32 }{
		{0, 1}, {float32(math.Copysign(0, -1)), 1}, {1e-30, 1},
		{-87.7, 0}, {-88, 0}, {-1000, 0}, {-math.MaxFloat32, 0}, {-inf, 0},
		{88.38, inf}, {89, inf}, {math.MaxFloat32, inf}, {inf, inf},
		{nan, nan}, {c32(0x7f800001), nan}, {c32(0xff80ffff), nan},
	} {
		sameBits(t, []float32{exp(c.x)}, []float32{c.want})
	}
	step := uint32(1009)
	if testing.Short() {
		step = 50021
	}
	worst := 0.0
	for _, end := range []float32{88.376, -87.33} {
		for b := math.Float32bits(end); b&^(1<<31) > math.Float32bits(1e-9); b -= step {
			x := c32(b)
			y := exp(x)
			sameBits(t, []float32{y}, []float32{expReference(x)})
			worst = max(worst, ulps(y, math.Exp(float64(x))))
		}
	}
	if worst > 0.97 {
		t.Errorf("%.3f ulps off", worst)
	}
}

func c32(b uint32) float32 { return math.Float32frombits(b) }
