package backend

import (
	"math"
	"math/rand/v2"
	"testing"
)

// noisyArgMax leaves noise out, but never the token that has the greatest.
func TestNoisyArgMaxLeavesNothingOut(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	rng := rand.New(rand.NewPCG(1, 1))
	for round := range 4000 {
		x, all := make([]float32, 1+rng.IntN(300)), []int32{}
		spread := math.Exp2(float64(rng.IntN(24) - 12))
		for i := range x {
			all = append(all, int32(i))
			x[i] = float32(rng.NormFloat64() * spread)
			switch rng.IntN(200) {
			case 0:
				x[i] = nan
			case 1:
				x[i] = -inf
			case 2, 3, 4:
				x[i] = x[rng.IntN(i+1)]
			}
			if round%97 == 0 && rng.IntN(30) == 0 {
				x[i] = inf
			}
			if round%50 == 0 {
				x[i] = x[0] // all equal, or none a number
			}
		}
		for _, temp := range []float64{1e-6, 0.1, 1, 3, 1e4, 1e9} {
			key := NewKey(7, uint64(round), math.Float64bits(temp))
			if got, want := noisyArgMax(x, temp, key), noisyAmong(x, all, temp, key); got != want {
				t.Fatalf("round %d, T=%v: token %d of %d, want %d (%v and %v)", round, temp, got, len(x), want, x[got], x[want])
			}
		}
	}
}

// The bound of the noise holds at both ends of its range, and where it is tight.
func TestNoiseIsBounded(t *testing.T) {
	gumbel := func(u float64) float64 { return -math.Log(-math.Log(u)) }
	for length := range 53 {
		// The least 1 − u of so many bits, which has the greatest noise.
		c := uint64(1) << length >> 1
		u := (float64(^c&(1<<52-1)) + 0.5) / (1 << 52)
		if most := 0.6932 * float64(53-length); gumbel(u) >= most-1e-5 {
			t.Errorf("%d bits of 1 − u = %v: noise %v, bound %v", length, 1-u, gumbel(u), most)
		}
	}
}
