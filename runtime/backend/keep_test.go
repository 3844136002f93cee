package backend

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var nan = float32(math.NaN())

func TestTopK(t *testing.T) {
	for _, c := range []struct {
		name string
		x    []float32
		want []int32 // of k = len(x)
	}{
		{"distinct", []float32{1, 4, 2, 3}, []int32{1, 3, 2, 0}},
		{"equal", []float32{5, 5, 5}, []int32{0, 1, 2}},
		{"ties", []float32{1, 3, 1, 3, 2}, []int32{1, 3, 4, 0, 2}},
		{"zeros of both signs", []float32{0, float32(math.Copysign(0, -1)), 0}, []int32{0, 1, 2}},
		{"hidden", []float32{-inf, 1, -inf, inf}, []int32{3, 1, 0, 2}},
		{"NaN", []float32{nan, 1, nan, -inf}, []int32{1, 3}},
		{"only NaN", []float32{nan, nan}, nil},
	} {
		for k := 1; k <= len(c.x); k++ {
			if got, want := topK(c.x, k), c.want[:min(k, len(c.want))]; !slices.Equal(got, want) {
				t.Errorf("%s: the top %d are %v, want %v", c.name, k, got, want)
			}
		}
	}
}

// kept spells out the published sampler: logits over temperature, all but the
// top k out, then those out before which the probabilities sum to more than p.
func kept(x []float32, temperature float64, k int, p float64) []int32 {
	ids := make([]int32, len(x))
	for i := range ids {
		ids[i] = int32(i)
	}
	slices.SortStableFunc(ids, func(i, j int32) int { return cmp.Compare(x[j], x[i]) })
	if k > 0 {
		ids = ids[:min(k, len(ids))]
	}
	total := 0.0
	for _, id := range ids {
		total += math.Exp(float64(x[id]) / temperature)
	}
	before := 0.0
	for i, id := range ids {
		if p > 0 && p < 1 && before/total > p {
			return ids[:i]
		}
		before += math.Exp(float64(x[id]) / temperature)
	}
	return ids
}

func TestKeep(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	for range 500 {
		x := make([]float32, 1+rng.IntN(700))
		for i := range x {
			if x[i] = float32(rng.NormFloat64() * 3); rng.IntN(9) == 0 {
				x[i] = float32(math.Round(float64(x[i])))
			}
			if rng.IntN(20) == 0 {
				x[i] = -inf
			}
		}
		x[rng.IntN(len(x))] = 1
		pick := Pick{Temperature: 0.2 + 3*rng.Float64(), TopK: rng.IntN(3) * rng.IntN(len(x)+9), TopP: float64(rng.IntN(3)) * rng.Float64() / 2}
		if !pick.limited() {
			continue
		}
		if got, want := pick.keep(&portable, x), kept(x, pick.Temperature, pick.TopK, pick.TopP); !slices.Equal(got, want) {
			t.Fatalf("%+v of %d tokens: %d are kept, want %d", pick, len(x), len(got), len(want))
		}
		// The draw is that among all tokens with the others hidden.
		hidden := slices.Repeat([]float32{-inf}, len(x))
		for _, id := range pick.keep(&portable, x) {
			hidden[id] = x[id]
		}
		pick.Noise = []Key{NewKey(rng.Uint64())}
		want := noisyArgMax(hidden, pick.Temperature, pick.Noise[0])
		if got := pick.choose(&portable, slices.Clone(x), 0); got.Token != want || got.LogOdds != portable.logOdds(x, want) {
			t.Fatalf("%+v: %+v, want token %d with log-odds %v", pick, got, want, portable.logOdds(x, want))
		}
	}
}

// Weights that are exact: the probability must exceed p, not reach it.
func TestTopPBoundary(t *testing.T) {
	flat := func(n int) []float32 { return make([]float32, n) }
	for _, c := range []struct {
		x    []float32
		k    int
		p    float64
		want int
	}{
		{flat(4), 0, 0.24, 1}, {flat(4), 0, 0.25, 2}, {flat(4), 0, 0.5, 3}, {flat(4), 0, 0.75, 4}, {flat(4), 0, 0.99, 4},
		{flat(4), 2, 0.49, 1}, {flat(4), 2, 0.5, 2}, {flat(4), 9, 0.5, 3},
		{flat(1024), 0, 0.5, 513}, {flat(1024), 0, 1.0 / 16, 65}, {flat(1024), 0, 1.0/16 - 1e-9, 64},
		{[]float32{9, -900, -900}, 0, 0.999, 1}, {[]float32{9, nan, 9, -inf}, 0, 0.6, 2},
		{[]float32{-inf, -inf}, 0, 0.5, 2}, {[]float32{nan}, 1, 0.5, 0}, {[]float32{nan}, 0, 0.5, 0},
	} {
		pick := Pick{Temperature: 1, TopK: c.k, TopP: c.p}
		if got := pick.keep(&portable, c.x); len(got) != c.want {
			t.Errorf("%d tokens, top k %d, top p %v: %d are kept, want %d", len(c.x), c.k, c.p, len(got), c.want)
		}
	}
}

func TestKeepAllIsFree(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	for range 300 {
		x := make([]float32, 1+rng.IntN(200))
		for i := range x {
			x[i] = float32(rng.IntN(5))
		}
		free := Pick{Temperature: 1.5, Noise: []Key{NewKey(rng.Uint64())}, Never: []int32{0}}
		want := free.choose(&portable, slices.Clone(x), 0)
		for _, all := range []Pick{{TopK: len(x)}, {TopK: 1 << 30, TopP: 1}, {TopP: 1}} {
			all.Temperature, all.Noise, all.Never = free.Temperature, free.Noise, free.Never
			if got := all.choose(&portable, slices.Clone(x), 0); got != want {
				t.Fatalf("%+v, want %+v", got, want)
			}
		}
		// Without noise nothing is restricted, and one token is the greatest.
		greedy := (&Pick{}).choose(&portable, slices.Clone(x), 0)
		for _, p := range []Pick{{TopK: 1, TopP: 0.1}, {TopK: 1, Temperature: 9, Noise: free.Noise}, {TopP: 1e-9, Temperature: 9, Noise: free.Noise}} {
			if got := p.choose(&portable, slices.Clone(x), 0); got != greedy {
				t.Fatalf("%+v gives %+v, want %+v", p, got, greedy)
			}
		}
	}
}

// Draws follow softmax(x/t) among the tokens that are kept.
func TestTopPFrequencies(t *testing.T) {
	logits := []float32{2, 1, 0, -1, -inf, 1.5, 0.25}
	pick := Pick{Temperature: 1.5, TopK: 5, TopP: 0.8}
	ids := kept(logits, pick.Temperature, pick.TopK, pick.TopP)
	if len(ids) != 4 {
		t.Fatalf("%d tokens are kept, want 4", len(ids))
	}
	total := 0.0
	for _, id := range ids {
		total += math.Exp(float64(logits[id]) / pick.Temperature)
	}
	const n = 20_000
	counts := make([]float64, len(logits))
	for i := range uint64(n) {
		pick.Noise = []Key{NewKey(98, 0, i)}
		counts[pick.choose(&portable, slices.Clone(logits), 0).Token]++
	}
	chi, drawn := 0.0, 0.0
	for _, id := range ids {
		want := n * math.Exp(float64(logits[id])/pick.Temperature) / total
		chi += (counts[id] - want) * (counts[id] - want) / want
		drawn += counts[id]
	}
	if drawn != n || chi > 17.7 { // 3 degrees of freedom, p < 0.0005
		t.Errorf("χ² is %.1f; drawn %v", chi, counts)
	}
}
