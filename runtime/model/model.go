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
	l, err := m.layout(b)
	if err != nil {
		return nil, err
	}
	s, err := m.spaceFor(len(l.ids))
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
	asked, err := m.be.NewAct(len(l.ask), m.Arch.Width)
	if err != nil {
		return nil, err
	}
	m.be.Gather(asked, s.x, l.ask)
	m.be.RMSNorm(asked, asked, m.norm, m.Arch.NormEps)
	return m.be.Head(ctx, m.head, asked, ask)
}
