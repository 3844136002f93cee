package backend

import (
	"math"
	"slices"
)

// topStep is the first guess of how many tokens hold a probability of TopP. A
// guess that falls short is followed by one four times as large.
const topStep = 64

// limited reports whether a draw is among fewer than all tokens.
func (p *Pick) limited() bool { return p.TopK > 0 || p.nucleus() }

// nucleus reports whether TopP is on.
func (p *Pick) nucleus() bool { return p.TopP > 0 && p.TopP < 1 }

// keep lists the tokens that a draw is among, the most probable first, by
// softmax(x/Temperature): TopK of them, and of these the fewest whose
// probability among them exceeds TopP (the sampler of LLaDA2.0,
// ZHZisZZ/dllm:dllm/pipelines/llada2). The list is valid until by.TopK is called
// again.
func (p *Pick) keep(by *Loops, x []float32) []int32 {
	if p.TopK > 0 {
		ids := by.TopK(x, min(p.TopK, len(x)))
		if !p.nucleus() || len(ids) == 0 {
			return ids
		}
		w := p.weights(x, ids[0])
		total := 0.0
		for _, id := range slices.Sorted(slices.Values(ids)) {
			total += w(id)
		}
		return ids[:w.reach(ids, p.TopP*total)]
	}
	w := p.weights(x, int32(by.ArgMax(x)))
	total := 0.0
	for id, v := range x {
		if v == v { // as TopK passes over NaN
			total += w(int32(id))
		}
	}
	for k := topStep; ; k *= 4 {
		k = min(k, len(x))
		ids := by.TopK(x, k)
		if n := w.reach(ids, p.TopP*total); n < len(ids) || k == len(x) {
			return ids[:n]
		}
	}
}

// weights are the probabilities of tokens, times the same number for each.
type weights func(id int32) float64

func (p *Pick) weights(x []float32, most int32) weights {
	return func(id int32) float64 {
		return math.Exp((float64(x[id]) - float64(x[most])) / p.Temperature)
	}
}

// reach is how many of ids weigh more than limit, all if not even they do. Sums
// are in the order of ids. The first is always among them.
func (w weights) reach(ids []int32, limit float64) int {
	sum := 0.0
	for i, id := range ids {
		if sum += w(id); sum > limit {
			return i + 1
		}
	}
	return len(ids)
}

// topK is the definition of Loops.TopK: each token goes where it belongs among
// the greatest before it.
func topK(x []float32, k int) []int32 {
	var ids []int32
	for i, v := range x {
		if v != v || len(ids) == k && !(v > x[ids[k-1]]) {
			continue
		}
		at, _ := slices.BinarySearchFunc(ids, v, func(id int32, v float32) int {
			if x[id] < v {
				return 1
			}
			return -1
		})
		ids = slices.Insert(ids, at, int32(i))
		ids = ids[:min(k, len(ids))]
	}
	return ids
}
