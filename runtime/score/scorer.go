package score

import (
	"context"
	"slices"

	"llada/runtime/backend"
	"llada/runtime/model"
)

// Scorer scores items with one model.
type Scorer struct {
	Predictor model.Predictor
	MaskID    int32
	Guidance  float64 // classifier-free guidance scale; 0 is off
}

// Values is (L/l)·Σ −log p in nats, [item][mask]. Items pass Item.Check; there is
// at least one. Masks of all items
// share passes; one that repeats the mask before it, as the partner of a full
// mask does, is not computed again.
func (s *Scorer) Values(ctx context.Context, items ...Item) ([][]float64, error) {
	var seqs []model.Seq
	for _, it := range items {
		for m := range it.distinct() {
			seqs = append(seqs, s.sequence(it, it.Masks[m]))
		}
	}
	answers, err := s.Predictor.Predict(ctx, seqs)
	if err != nil {
		return nil, err
	}
	values := make([][]float64, len(items))
	for i, it := range items {
		values[i] = make([]float64, len(it.Masks))
		last := 0.0
		for m := range it.Masks {
			if !it.repeats(m) {
				last, answers = value(it, answers[0].LogProbs), answers[1:]
			}
			values[i][m] = last
		}
	}
	return values, nil
}

// sequence is an item under one mask, asked for the true tokens. With guidance,
// the sequence without its condition has the prompt hidden too.
func (s *Scorer) sequence(it Item, mask []int32) model.Seq {
	seq := it.hidden(mask, s.MaskID)
	seq.Ask = backend.Ask{Targets: it.targets(mask)}
	if s.Guidance > 0 {
		seq.Ask.Guided, seq.Ask.Guidance = true, float32(s.Guidance)
		ids := slices.Clone(seq.IDs)
		for i := range it.Prompt {
			ids[i] = s.MaskID
		}
		seq.Unconditional = &model.Seq{IDs: ids, Asked: mask}
	}
	return seq
}

// value is a mask's (L/l)·Σ −log p.
func value(it Item, logs []float64) float64 {
	sum := 0.0
	for _, p := range logs {
		sum -= p
	}
	return float64(it.Tokens()) / float64(len(logs)) * sum
}
