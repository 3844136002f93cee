package backend

import (
	"math"
	"math/bits"
)

// noisy is a logit with the noise of its token: x + t·Gumbel in float64 (arXiv
// 2409.02908: less precision silently lowers the temperature). The greatest of
// them is a sample from softmax(x/t).
func noisy(v float32, t float64, key Key, id int) float64 {
	return float64(v) - float64(t*math.Log(-math.Log(key.Uniform(uint64(id)))))
}

// noisyAmong is the token of the greatest noisy logit of ids, in any order, the
// lowest of equals; logits of −∞ are passed over.
func noisyAmong(x []float32, ids []int32, t float64, key Key) int32 {
	best, bestValue := int32(0), math.Inf(-1)
	for _, id := range ids {
		if math.IsInf(float64(x[id]), -1) {
			continue
		}
		if y := noisy(x[id], t, key, int(id)); y > bestValue || y == bestValue && id < best {
			best, bestValue = id, y
		}
	}
	return best
}

// noisyArgMax is noisyAmong of all tokens. It begins with the greatest logit and
// computes the noise of those alone that may reach what is best so far. With 52
// bits c of 1 − u, L of them after leading zeros,
//
//	−log(−log u) ≤ −log(1 − u) ≤ (53 − L)·log 2
//
// and 0.6932 is more than log 2 by enough for every rounding of a logit that is
// not many times larger than t; the rest is slack.
func noisyArgMax(x []float32, t float64, key Key) int32 {
	first := ArgMax(x)
	best, bestValue := int32(0), math.Inf(-1)
	if v := x[first]; v == v && !math.IsInf(float64(v), -1) {
		best, bestValue = first, noisy(v, t, key, int(first))
	}
	limit := func() float64 { return bestValue - 1e-12*math.Abs(bestValue) }
	for i, least := 0, limit(); i < len(x); i++ {
		v := float64(x[i])
		c := ^key.bits(uint64(i)) & (1<<52 - 1)
		if v+t*0.6932*float64(53-bits.Len64(c)) < least || math.IsInf(v, -1) {
			continue
		}
		if y := noisy(x[i], t, key, i); y > bestValue || y == bestValue && int32(i) < best {
			best, bestValue = int32(i), y
			least = limit()
		}
	}
	return best
}
