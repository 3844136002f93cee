package quant

import "math"

// Encoders round explicitly wherever a product is added, float32(a*b) + c: Go
// fuses a*b + c on some machines, and the bytes of a container must not depend
// on the machine that wrote it.

// tiny is the magnitude below which a group of activations encodes as zeros, as
// it is for weights (asm.SearchQ8): the reciprocals of smaller scales leave
// float32's range.
const tiny = 1e-34

// huge is the magnitude to which weights are clipped: above it the sums of a
// scale search may leave float32's range, with importances up to 2¹⁶.
const huge = 0x1p96

// hugeBits and infinite are the bits of huge and of infinity.
const (
	hugeBits = (127 + 96) << 23
	infinite = 255 << 23
)

// absMax is the greatest magnitude in x, NaN where x holds one: bits order as
// magnitudes do, with NaN above ∞.
func absMax(x []float32) float32 {
	m := uint32(0)
	for _, v := range x {
		m = max(m, math.Float32bits(v)&^(1<<31))
	}
	return math.Float32frombits(m)
}

// inverse is 1/d, and 0 for 0: an empty group encodes as zeros.
func inverse(d float32) float32 {
	if d == 0 {
		return 0
	}
	return 1 / d
}

// roundClamp rounds to the nearest integer, ties to even, within ±limit.
// Adding and subtracting 1.5·2²³ makes the hardware's rounding mode, which Go
// fixes to nearest even, round a float32 of magnitude below 2²².
func roundClamp(y, limit float32) int32 {
	const magic = 3 << 22
	if y > limit {
		y = limit
	} else if y < -limit {
		y = -limit
	}
	t := float32(y + magic)
	return int32(t - magic)
}
