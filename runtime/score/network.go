package score

import (
	"context"
	"slices"

	"llada/runtime/backend"
	"llada/runtime/model"
)

// Network is what scoring needs of a model: a pass up to the output head, then
// answers about a few of its rows at a time. An answer must be taken before the
// network's next pass.
type Network interface {
	Pass(context.Context, model.Batch) (Head, error)
}

// Head answers about the rows asked of a pass.
type Head interface {
	Rows() int
	Head(ctx context.Context, lo, hi int, ask *backend.Ask) (*backend.Answer, error)
}

// Of makes a Network of a model.
func Of(m *model.Model) Network { return network{m} }

type network struct{ m *model.Model }

func (n network) Pass(ctx context.Context, b model.Batch) (Head, error) { return n.m.Forward(ctx, b) }

// passRows is how many positions a pass holds at most, unless one sequence is
// longer: enough to keep a device busy, few enough to fit.
const passRows = 2048

// Scorer scores items with one model.
type Scorer struct {
	Network  Network
	MaskID   int32
	Guidance float64 // classifier-free guidance scale; 0 is off
}

// Values is (L/l)·Σ −log p in nats for each mask of the item.
func (s *Scorer) Values(ctx context.Context, it Item) ([]float64, error) {
	values := make([]float64, 0, len(it.Masks))
	for lo, hi := range passes(it) {
		logs, err := s.logProbs(ctx, it, it.Masks[lo:hi])
		if err != nil {
			return nil, err
		}
		for _, mask := range it.Masks[lo:hi] {
			values = append(values, value(it, logs[:len(mask)]))
			logs = logs[len(mask):]
		}
		if hi < len(it.Masks) && slices.Equal(it.Masks[hi], it.Masks[hi-1]) {
			values = append(values, values[hi-1])
		}
	}
	return values, nil
}

// passes yields ranges of masks that one pass takes. A mask that repeats the
// one before, as the partner of a full mask does, is in none.
func passes(it Item) func(yield func(lo, hi int) bool) {
	most := max(1, passRows/len(it.IDs))
	return func(yield func(lo, hi int) bool) {
		for lo := 0; lo < len(it.Masks); {
			hi := lo + 1
			for hi < len(it.Masks) && hi-lo < most && !slices.Equal(it.Masks[hi], it.Masks[hi-1]) {
				hi++
			}
			if !yield(lo, hi) {
				return
			}
			if lo = hi; lo < len(it.Masks) && slices.Equal(it.Masks[lo], it.Masks[lo-1]) {
				lo++
			}
		}
	}
}

// value is a mask's (L/l)·Σ −log p.
func value(it Item, logs []float64) float64 {
	sum := 0.0
	for _, p := range logs {
		sum -= p
	}
	return float64(it.Tokens()) / float64(len(logs)) * sum
}

// logProbs is log p of the true token at each masked position of each mask.
func (s *Scorer) logProbs(ctx context.Context, it Item, masks [][]int32) ([]float64, error) {
	ask := &backend.Ask{}
	var b, unconditional model.Batch
	for _, m := range masks {
		seq := it.hidden(m, s.MaskID)
		b = append(b, seq)
		ask.Targets = append(ask.Targets, it.targets(m)...)
		if s.Guidance > 0 {
			ids := slices.Clone(seq.IDs)
			for i := range it.Prompt {
				ids[i] = s.MaskID
			}
			unconditional = append(unconditional, model.Seq{IDs: ids, Rows: m})
		}
	}
	if s.Guidance > 0 {
		ask.Guided, ask.Guidance = true, float32(s.Guidance)
	}
	h, err := s.Network.Pass(ctx, append(b, unconditional...))
	if err != nil {
		return nil, err
	}
	ans, err := h.Head(ctx, 0, h.Rows(), ask)
	if err != nil {
		return nil, err
	}
	return ans.LogProbs, nil
}
