package model

import (
	"context"
	"fmt"
	"slices"

	"llada/formats"
	"llada/formats/arch"
	"llada/runtime/backend"
)

// Model is a network on a backend. It is used by one goroutine at a time.
type Model struct {
	Arch *arch.Arch

	be     backend.Backend
	embed  table
	blocks []block
	norm   backend.Weight
	head   backend.Weight
	space  map[int]*space // by rows of a pass
}

// table is an embedding with its exact rows, if it has any.
type table struct {
	weight backend.Weight
	exact  backend.Weight // nil: none
}

// block holds the weights of one Transformer block.
type block struct {
	attnNorm, q, k, v, out backend.Weight
	ffNorm, gate, up, down backend.Weight
}

// Load builds the network a from src. Every tensor must be there with the
// shape that a gives it; the error names the one that is not.
func Load(src formats.Source, a *arch.Arch, be backend.Backend) (*Model, error) {
	m := &Model{Arch: a, be: be, space: map[int]*space{}}
	shapes := map[string][]int{}
	for _, s := range a.Tensors() {
		shapes[s.Name] = s.Shape
	}
	var failed error
	get := func(name string) backend.Weight {
		if failed != nil {
			return nil
		}
		t, err := src.Tensor(name)
		if err != nil {
			failed = err
			return nil
		}
		if want := shapes[name]; !slices.Equal(t.Shape, want) {
			failed = fmt.Errorf("tensor %s has shape %v, the config wants %v", name, t.Shape, want)
			return nil
		}
		w, err := be.Load(t)
		failed = err
		return w
	}
	m.embed.weight = get(a.Embed)
	for _, b := range a.Blocks {
		m.blocks = append(m.blocks, block{
			attnNorm: get(b.AttnNorm), q: get(b.Q), k: get(b.K), v: get(b.V), out: get(b.Out),
			ffNorm: get(b.FFNorm), gate: get(b.Gate), up: get(b.Up), down: get(b.Down),
		})
	}
	m.norm, m.head = get(a.FinalNorm), get(a.OutHead)
	if failed == nil {
		m.embed.exact, failed = loadExact(src, a, be)
	}
	if failed != nil {
		return nil, failed
	}
	return m, nil
}

// loadExact loads the embedding's companion tensor where there is one.
func loadExact(src formats.Source, a *arch.Arch, be backend.Backend) (backend.Weight, error) {
	name := a.Embed + formats.RowsSuffix
	if !slices.ContainsFunc(src.Infos(), func(i formats.Info) bool { return i.Name == name }) {
		return nil, nil
	}
	t, err := src.Tensor(name)
	if err != nil {
		return nil, err
	}
	if len(t.Shape) != 2 || t.Shape[0] != len(t.Replaces) || t.Shape[1] != a.Width {
		return nil, fmt.Errorf("tensor %s has shape %v for %d rows of width %d", name, t.Shape, len(t.Replaces), a.Width)
	}
	return be.Load(t)
}

// Predict runs one forward pass and reduces the logits of the rows asked.
// Logits at a position predict the token at that position.
func (m *Model) Predict(ctx context.Context, b Batch, ask *backend.Ask) (*backend.Answer, error) {
	h, err := m.Forward(ctx, b)
	if err != nil {
		return nil, err
	}
	return h.Head(ctx, 0, h.Rows(), ask)
}

// Hidden is the final state of the rows asked of a pass, in the batch's order:
// all that the output head needs. It is valid until the model's next pass.
type Hidden struct {
	m *Model
	x backend.Act // [rows][width], normalized
}

// Forward runs one forward pass up to the output head.
func (m *Model) Forward(ctx context.Context, b Batch) (*Hidden, error) {
	l, err := m.layout(b)
	if err != nil {
		return nil, err
	}
	s, err := m.spaceFor(len(l.ids), len(l.ask))
	if err != nil {
		return nil, err
	}
	m.be.Embed(s.x, m.embed.weight, l.ids)
	if m.embed.exact != nil {
		m.be.Replace(s.x, m.embed.exact, l.ids)
	}
	for i := range m.blocks {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m.forward(&m.blocks[i], s, l)
	}
	m.be.Gather(s.asked, s.x, l.ask)
	m.be.RMSNorm(s.asked, s.asked, m.norm, m.Arch.NormEps)
	return &Hidden{m, s.asked}, nil
}

// Rows is the number of rows asked.
func (h *Hidden) Rows() int { return h.x.Rows() }

// Head computes the logits of rows [lo, hi) and reduces them. Taking a few rows
// at a time bounds the memory of callers that want every logit.
func (h *Hidden) Head(ctx context.Context, lo, hi int, ask *backend.Ask) (*backend.Answer, error) {
	x := h.x
	if lo != 0 || hi != h.Rows() {
		some, err := h.m.be.NewAct(hi-lo, h.m.Arch.Width)
		if err != nil {
			return nil, err
		}
		rows := make([]int32, hi-lo)
		for i := range rows {
			rows[i] = int32(lo + i)
		}
		h.m.be.Gather(some, x, rows)
		x = some
	}
	return h.m.be.Head(ctx, h.m.head, x, ask)
}
