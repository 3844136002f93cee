package model

import (
	"errors"
	"fmt"

	"llada/runtime/backend"
)

// locate says in the terms of the network where a pass met what is not finite: at
// which position, before or in which layer, and what part gave it.
func (s *State) locate(err error) error {
	var bad *backend.NotFinite
	if !errors.As(err, &bad) {
		return err
	}
	where, row := s.m.part(bad.Tensor), bad.Row
	if bad.Tensor == s.m.Arch.FinalNorm || bad.Tensor == s.m.Arch.OutHead {
		row = int(s.l.Pass.Asked[row])
	}
	return &notFinite{fmt.Sprintf("NaN or infinity at position %d, first seen %s", s.l.Pos[row], where), bad}
}

// notFinite is a *backend.NotFinite in other words.
type notFinite struct {
	text string
	of   *backend.NotFinite
}

func (e *notFinite) Error() string { return e.text }
func (e *notFinite) Unwrap() error { return e.of }

// part is the place in the network of a normalization or the output head, by the
// name of its weight.
func (m *Model) part(tensor string) string {
	from := "the embedding"
	for i := range m.Arch.Layers {
		l := &m.Arch.Layers[i]
		switch tensor {
		case l.Attention.Norm:
			return fmt.Sprintf("entering layer %d, in what %s gave", i, from)
		case l.Attention.QNorm:
			return fmt.Sprintf("in the queries of layer %d", i)
		case l.Attention.KNorm:
			return fmt.Sprintf("in the keys of layer %d", i)
		case l.Dense.Norm:
			return fmt.Sprintf("in layer %d, in what its attention gave", i)
		}
		from = fmt.Sprintf("the feed-forward part of layer %d", i)
	}
	if tensor == m.Arch.FinalNorm {
		return fmt.Sprintf("after the last layer, in what %s gave", from)
	}
	return "in the logits"
}
