package score

import (
	"math"
	"slices"

	"llada/runtime/backend"
)

// OfficialCounts are the mask counts of one batch of the official estimator,
// given its random start in 1 … n (ML-GSAI/LLaDA:get_log_likelihood.py):
//
//	y = linspace(start, start + (batch−1)·(n/batch), batch)     float32
//	l = (round(y) − 1) mod n + 1                                 ties to even
//
// with torch's linspace, whose second half counts from the end.
func OfficialCounts(start, n, batch int) []int {
	first := float32(start)
	last := float32(float64(start) + float64(batch-1)*(float64(n)/float64(batch)))
	step := float32(0)
	if batch > 1 {
		step = (last - first) / float32(batch-1)
	}
	counts := make([]int, batch)
	for j := range counts {
		y := first + float32(step*float32(j))
		if j >= batch/2 && batch > 1 {
			y = last - float32(step*float32(batch-1-j))
		}
		counts[j] = (int(math.RoundToEven(float64(y)))-1)%n + 1
	}
	return counts
}

// Official makes the masks of the official estimator: batches that share a
// random start, every mask a fresh uniform set. samples is a multiple of batch.
func Official(seed, document uint64, n, samples, batch int) [][]int32 {
	masks := make([][]int32, 0, samples)
	for b := range samples / batch {
		u := backend.NewKey(seed, document, uint64(b), streamOfficial).Uniform(0)
		for _, l := range OfficialCounts(1+int(u*float64(n)), n, batch) {
			key := backend.NewKey(seed, document, uint64(len(masks)), streamOrder)
			masks = append(masks, slices.Sorted(slices.Values(shuffled(key, n)[:l])))
		}
	}
	return masks
}
