package model

import (
	"fmt"

	"llada/runtime/backend"
)

// Seq is one sequence of a pass: tokens at positions 0 … len(IDs)−1, and which
// of them to predict. Masked positions hold the mask token.
type Seq struct {
	IDs  []int32
	Rows []int32 // positions whose logits are asked, each below len(IDs)
}

// Batch is what one forward pass computes. Answers follow the order of
// sequences and of their rows.
type Batch []Seq

// layout is a batch flattened into rows.
type layout struct {
	ids, pos []int32
	slots    []int32 // of keys and values, one per row
	ask      []int32 // rows whose logits are asked
	spans    []backend.Span
}

func (m *Model) layout(b Batch) (*layout, error) {
	l := &layout{}
	for i, s := range b {
		if len(s.IDs) == 0 {
			return nil, fmt.Errorf("sequence %d is empty", i)
		}
		if len(s.IDs) > m.Arch.Context {
			return nil, fmt.Errorf("sequence of %d tokens exceeds the model's context of %d", len(s.IDs), m.Arch.Context)
		}
		first := len(l.ids)
		for p, id := range s.IDs {
			if id < 0 || int(id) >= m.Arch.Vocab {
				return nil, fmt.Errorf("token id %d at position %d is outside the vocabulary of %d", id, p, m.Arch.Vocab)
			}
			l.ids = append(l.ids, id)
			l.pos = append(l.pos, int32(p))
			l.slots = append(l.slots, int32(first+p))
		}
		for _, r := range s.Rows {
			if r < 0 || int(r) >= len(s.IDs) {
				return nil, fmt.Errorf("position %d asked of a sequence of %d tokens", r, len(s.IDs))
			}
			l.ask = append(l.ask, int32(first)+r)
		}
		l.spans = append(l.spans, backend.Span{Row: first, Rows: len(s.IDs), Slot: first, Slots: len(s.IDs)})
	}
	if len(l.ask) == 0 {
		return nil, fmt.Errorf("no position is asked")
	}
	return l, nil
}
