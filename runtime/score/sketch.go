package score

import (
	"math"
)

// Sketch is a histogram of values ≥ 0 on a logarithmic scale, for quantiles of
// any number of values in fixed memory. A value's bucket is its binary exponent
// and the next six bits, so that a quantile is right within 0.8 % of itself.
// Values below 2⁻⁴⁰ count as 0. Keys are buckets; there are at most 3329.
type Sketch map[int]int64

const (
	sketchLow  = -40 // binary exponents, as math.Frexp counts them
	sketchHigh = 12
	sketchFine = 64 // buckets per octave
)

// Add counts a value.
func (s Sketch) Add(v float64) { s[sketchBucket(v)]++ }

// Merge counts the values of another sketch.
func (s Sketch) Merge(o Sketch) {
	for b, n := range o {
		s[b] += n
	}
}

func sketchBucket(v float64) int {
	f, e := math.Frexp(v)
	switch {
	case !(v > 0) || e <= sketchLow:
		return 0
	case e > sketchHigh:
		return 1 + (sketchHigh-sketchLow)*sketchFine - 1
	}
	return 1 + (e-sketchLow-1)*sketchFine + int((f-0.5)*2*sketchFine)
}

// sketchValue is the middle of a bucket.
func sketchValue(b int) float64 {
	if b == 0 {
		return 0
	}
	b--
	return math.Ldexp(0.5+(float64(b%sketchFine)+0.5)/(2*sketchFine), b/sketchFine+sketchLow+1)
}

// Quantile is the value that a share q of the values does not exceed.
func (s Sketch) Quantile(q float64) float64 {
	total := int64(0)
	for _, n := range s {
		total += n
	}
	need := int64(math.Ceil(q * float64(total)))
	for b := range 1 + (sketchHigh-sketchLow)*sketchFine {
		if need -= s[b]; need <= 0 && s[b] > 0 {
			return sketchValue(b)
		}
	}
	return 0
}
