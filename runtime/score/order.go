package score

import (
	"context"
	"slices"

	"llada/runtime/model"
)

// Ordered is the deterministic confidence-order score of the tokens after the
// prompt of each text, log p in nats (arXiv 2606.25331): starting from a fully
// masked answer, the masked position whose true token is most probable, the first of
// equals, adds its log p and is revealed, until none is left. It costs a pass per token, which the
// texts share, needs no seed, and is no bound.
func (s *Scorer) Ordered(ctx context.Context, texts [][]int32, prompt int) ([]float64, error) {
	sums, left := make([]float64, len(texts)), make([][]int32, len(texts))
	for t, ids := range texts {
		for i := prompt; i < len(ids); i++ {
			left[t] = append(left[t], int32(i))
		}
	}
	for {
		var seqs []model.Seq
		for t, ids := range texts {
			if len(left[t]) > 0 {
				seqs = append(seqs, s.sequence(Item{IDs: ids, Prompt: prompt}, left[t]))
			}
		}
		if len(seqs) == 0 {
			return sums, nil
		}
		answers, err := s.Predictor.Predict(ctx, seqs)
		if err != nil {
			return nil, err
		}
		for t := range texts {
			if len(left[t]) == 0 {
				continue
			}
			logs, best := answers[0].LogProbs, 0
			for i, p := range logs {
				if p > logs[best] {
					best = i
				}
			}
			sums[t] += logs[best]
			left[t] = slices.Delete(left[t], best, best+1)
			answers = answers[1:]
		}
	}
}
