package score

import (
	"context"
	"slices"
)

// Ordered is the deterministic confidence-order score of the tokens after the
// prompt, log p in nats (arXiv 2606.25331): starting from a fully masked
// answer, the masked position whose true token is most probable adds its log p
// and is revealed, until none is left. It costs a pass per token, needs no
// seed, and is no bound.
func (s *Scorer) Ordered(ctx context.Context, ids []int32, prompt int) (float64, error) {
	it := Item{IDs: ids, Prompt: prompt}
	var left []int32
	for i := prompt; i < len(ids); i++ {
		left = append(left, int32(i))
	}
	sum := 0.0
	for len(left) > 0 {
		logs, err := s.logProbs(ctx, it, [][]int32{left})
		if err != nil {
			return 0, err
		}
		best := 0
		for i, p := range logs {
			if p > logs[best] {
				best = i
			}
		}
		sum += logs[best]
		left = slices.Delete(left, best, best+1)
	}
	return sum, nil
}
