package model

import (
	"context"
	"fmt"
	"slices"

	"llada/formats"
	"llada/formats/arch"
	"llada/runtime/backend"
)

// Options of a model.
type Options struct {
	KV backend.KVEncoding // of keys and values; "" is f32
}

// Model is a network on a backend. It is used by one goroutine at a time.
type Model struct {
	Arch *arch.Arch

	be      backend.Backend
	options Options
	shapes  map[string][]int
	weights map[string]*weight

	embed, norm, head *weight
	layers            []layer
	space             *workspace
	laid              layout
	turn              uint64 // counts passes, so that states know that they are overtaken
}

// weight is a weight by its name, which Swap may exchange.
type weight struct{ backend.Weight }

// Load assembles the network a from src. Every tensor must be there with the
// shape that a gives it; the error names the one that is not.
func Load(ctx context.Context, src formats.Source, a *arch.Arch, be backend.Backend, o Options) (*Model, error) {
	if o.KV == "" {
		o.KV = backend.KVF32
	}
	m := &Model{Arch: a, be: be, options: o, shapes: map[string][]int{}, weights: map[string]*weight{}}
	names := map[string]bool{}
	for _, i := range src.Infos() {
		names[i.Name] = true
	}
	for _, t := range a.Tensors() {
		m.shapes[t.Name] = t.Shape
		err := ctx.Err()
		if err == nil {
			err = m.load(ctx, src, t.Name, names[t.Name+formats.RowsSuffix])
		}
		if err != nil {
			m.Close()
			return nil, err
		}
	}
	m.embed, m.norm, m.head = m.weights[a.Embed], m.weights[a.FinalNorm], m.weights[a.OutHead]
	for i := range a.Layers {
		m.layers = append(m.layers, m.assemble(&a.Layers[i]))
	}
	return m, nil
}

func (m *Model) load(ctx context.Context, src formats.Source, name string, exact bool) error {
	t, err := src.Tensor(name)
	if err != nil {
		return err
	}
	var companions []formats.Tensor
	if exact {
		c, err := src.Tensor(name + formats.RowsSuffix)
		if err != nil {
			return err
		}
		companions = append(companions, c)
	}
	w, err := m.loadTensor(ctx, t, companions)
	if err != nil {
		return err
	}
	m.weights[name] = &weight{w}
	return nil
}

func (m *Model) loadTensor(ctx context.Context, t formats.Tensor, companions []formats.Tensor) (backend.Weight, error) {
	want, ok := m.shapes[t.Name]
	switch {
	case !ok:
		return nil, fmt.Errorf("tensor %s is not part of this network", t.Name)
	case !slices.Equal(t.Shape, want):
		return nil, fmt.Errorf("tensor %s has shape %v, the config wants %v", t.Name, t.Shape, want)
	}
	return m.be.Load(ctx, t, companions...)
}

// Swap exchanges the tensor of t's name, with its companions, for t: to compute
// with another quantization of it. Nothing else is loaded again.
func (m *Model) Swap(ctx context.Context, t formats.Tensor, companions ...formats.Tensor) error {
	w, err := m.loadTensor(ctx, t, companions)
	if err != nil {
		return err
	}
	m.overtake()
	old := m.weights[t.Name].Weight
	m.weights[t.Name].Weight = w
	return old.Close()
}

// Close frees what the model made on its backend, which lives on. Pools are
// closed before it.
func (m *Model) Close() error {
	var first error
	for _, w := range m.weights {
		if err := w.Close(); err != nil && first == nil {
			first = err
		}
	}
	m.weights = nil
	if err := m.space.close(); err != nil && first == nil {
		first = err
	}
	m.space = nil
	return first
}

// kvSpec is the shape of keys and values; all layers share theirs (arch checks).
func (m *Model) kvSpec(layers, slots int) backend.KVSpec {
	a := &m.Arch.Layers[0].Attention
	return backend.KVSpec{Layers: layers, Slots: slots, Heads: a.KVHeads, Dim: a.HeadDim, Encoding: m.options.KV}
}
