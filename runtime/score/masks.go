package score

import (
	"cmp"
	"math"
	"slices"

	"llada/runtime/backend"
)

// Streams of the random generator, the last word of its keys.
const (
	streamStart    = 0 // where systematic sampling of mask counts begins
	streamOrder    = 1 // the order in which positions are masked
	streamOfficial = 2 // the start of a batch of the official estimator
	streamWindow   = 3 // which windows of a text are scored
)

// Pairs makes samples masks of an answer of n ≥ 1 positions, 0 … n−1, in pairs of a
// mask and its complement. The full mask has no complement and stands in for it
// itself, so that every mask of a pair has each count 1 … n with the same
// probability, and the mean over masks of (n/l)·Σ −log p is unbiased
// (docs/evaluation.md). An odd number leaves the last mask without its partner.
//
// The mask counts are a systematic sample, spread evenly over the mask ratios.
// Masks depend on the seed and the document alone. Answers of different length
// share their draws, so that masks of the choices of one question are alike.
func Pairs(seed, document uint64, n, samples int) [][]int32 {
	pairs := (samples + 1) / 2
	u := backend.NewKey(seed, document, streamStart).Uniform(0)
	masks := make([][]int32, 0, samples)
	for j := range pairs {
		_, x := math.Modf(u + float64(j)/float64(pairs))
		l := folded(n, x)
		order := shuffled(backend.NewKey(seed, document, uint64(j), streamOrder), n)
		mask := slices.Sorted(slices.Values(order[:l]))
		rest := slices.Sorted(slices.Values(order[l:]))
		if len(rest) == 0 {
			rest = mask
		}
		masks = append(masks, mask, rest)
	}
	return masks[:samples]
}

// folded is the mask count at x in [0, 1) of the sequence
//
//	n, 1, n−1, 2, n−2, …
//
// which holds every count once and both members of a pair side by side: steps
// of equal length along it meet pairs {l, n−l} at evenly spread ratios.
func folded(n int, x float64) int {
	i := min(int(x*float64(n)), n-1)
	switch {
	case i == 0:
		return n
	case i%2 == 1:
		return (i + 1) / 2
	}
	return n - i/2
}

// shuffled is a uniform permutation of 0 … n−1: positions by their number of
// the key, which does not depend on n.
func shuffled(key backend.Key, n int) []int32 {
	draw := make([]float64, n)
	order := make([]int32, n)
	for i := range order {
		draw[i], order[i] = key.Uniform(uint64(i)), int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(draw[a], draw[b]), cmp.Compare(a, b))
	})
	return order
}

// Choose draws n of the windows of a text, a simple random sample. It returns
// what must be asked of each window in turn (Knuth, TAOCP §3.4.2, algorithm S).
func Choose(seed uint64, n, windows int) func() bool {
	key := backend.NewKey(seed, streamWindow)
	i, need := 0, n
	return func() bool {
		yes := key.Uniform(uint64(i))*float64(windows-i) < float64(need)
		if i++; yes {
			need--
		}
		return yes
	}
}
