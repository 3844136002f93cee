package model

import (
	"context"
	"errors"
	"fmt"

	"llada/runtime/backend"
)

// ErrOvertaken is the error of a state whose model has run another pass since.
var ErrOvertaken = errors.New("the state was overtaken by a later pass of its model")

// State is a pass at a point between two layers. It lives in the model's
// workspace, so that the next pass of the model ends it; what must last longer is
// read and written back. Answers and numbers are those of Predict.
type State struct {
	m    *Model
	l    *layout
	turn uint64
	rows int
	next int // the layer that comes next

	failed error // after which nothing is there to go on from
}

// start lays sequences that have been checked out in the workspace.
func (m *Model) start(seqs []Seq) (*State, error) {
	m.overtake()
	l, err := m.layout(seqs)
	if err != nil {
		return nil, err
	}
	if err := m.reserve(len(l.IDs), len(l.Pass.Asked)); err != nil {
		l.release(false)
		return nil, err
	}
	return &State{m: m, l: l, turn: m.turn, rows: len(l.IDs)}, nil
}

// overtake ends the state at hand, which may never have come to its end.
func (m *Model) overtake() {
	m.turn++
	m.laid.release(false)
}

// Start begins a pass over sequences that share it, before the first layer.
// Sequences with caches must go through every layer, once: their caches hold the
// pass when it has.
func (m *Model) Start(ctx context.Context, seqs []Seq) (*State, error) {
	if err := m.checkAll(seqs); err != nil {
		return nil, err
	}
	s, err := m.start(seqs)
	if err != nil {
		return nil, err
	}
	return s, s.run(ctx, s.embed)
}

// run is a pass of the backend about the state's rows that asks nothing.
func (s *State) run(ctx context.Context, operations func()) error {
	_, err := s.answers(ctx, nil, operations)
	return err
}

// embed is what comes before the first layer.
func (s *State) embed() { s.m.be.Embed(s.m.space.x, s.m.embed.Weight) }

func (s *State) answers(ctx context.Context, asks []backend.Ask, operations func()) ([]backend.Answer, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	p := s.l.Pass
	p.Asks = asks
	err := s.m.be.Begin(ctx, &p)
	var answers []backend.Answer
	if err == nil {
		operations()
		answers, err = s.m.be.End(ctx)
		err = s.locate(err)
	}
	if err != nil && s.next < len(s.m.layers) {
		s.fail(err)
	}
	return answers, err
}

// fail ends the state: what its activations hold is not known.
func (s *State) fail(err error) {
	s.failed = err
	s.l.release(false)
}

// check reports a state that cannot go on.
func (s *State) check() error {
	if s.turn != s.m.turn {
		return ErrOvertaken
	}
	return s.failed
}

// Layer is the layer that comes next.
func (s *State) Layer() int { return s.next }

// Layers computes layers [lo, hi). lo is Layer, unless Write has moved it.
func (s *State) Layers(ctx context.Context, lo, hi int) error {
	if err := s.check(); err != nil {
		return err
	}
	if lo != s.next || hi < lo || hi > len(s.m.layers) {
		return fmt.Errorf("layers %d to %d of %d cannot follow: layer %d comes next", lo, hi, len(s.m.layers), s.next)
	}
	if err := s.run(ctx, func() { s.layers(lo, hi) }); err != nil {
		return err
	}
	s.next = hi
	if hi == len(s.m.layers) {
		s.l.release(true)
	}
	return nil
}

func (s *State) layers(lo, hi int) {
	m := s.m
	s.l.begun = true
	for i := lo; i < hi; i++ {
		kv, at := m.space.kv, 0
		if s.l.pool != nil {
			kv, at = s.l.pool.kv, i
		}
		m.attention(m.space, &m.layers[i], kv, at)
		m.dense(m.space, &m.layers[i])
	}
}

// Size is how many numbers the residual stream of the state has: rows × width.
func (s *State) Size() int { return s.rows * s.m.Arch.Width }

// Read copies the residual stream, [rows][width], the rows of sequence after
// sequence, to dst.
func (s *State) Read(ctx context.Context, dst []float32) error {
	if err := s.check(); err != nil {
		return err
	}
	if len(dst) != s.Size() {
		return fmt.Errorf("a state of %d numbers read to %d", s.Size(), len(dst))
	}
	return s.m.be.Read(ctx, dst, s.m.space.x, 0)
}

// Write makes src the residual stream before a layer: what Read gave there, of the
// same sequences, now or in another run.
func (s *State) Write(ctx context.Context, layer int, src []float32) error {
	if err := s.check(); err != nil {
		return err
	}
	if len(src) != s.Size() || layer < 0 || layer > len(s.m.layers) {
		return fmt.Errorf("%d numbers written as a state of %d before layer %d of %d", len(src), s.Size(), layer, len(s.m.layers))
	}
	if err := s.m.be.Write(ctx, s.m.space.x, 0, s.m.Arch.Width, src); err != nil {
		s.fail(err)
		return err
	}
	s.next = layer
	return nil
}

// Head answers the questions of the state's sequences.
func (s *State) Head(ctx context.Context) ([]backend.Answer, error) { return s.Answer(ctx, s.l.Asks) }

// Answer answers asks about the asked rows of the state's sequences, in their
// order, once all layers are computed.
func (s *State) Answer(ctx context.Context, asks []backend.Ask) ([]backend.Answer, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.next != len(s.m.layers) {
		return nil, fmt.Errorf("the output head comes after layer %d, the state is before %d", len(s.m.layers), s.next)
	}
	return s.answers(ctx, asks, s.output)
}

// output is what follows the last layer.
func (s *State) output() {
	m := s.m
	m.be.Asked(m.space.last, m.space.x)
	m.be.RMSNorm(m.space.last, m.space.last, m.norm.Weight, m.Arch.NormEps)
	m.be.Head(m.head.Weight, m.space.last)
}

// Predict answers the questions of sequences. Passes hold at most PassRows
// positions, unless one sequence is longer; each is one pass of the backend.
func (m *Model) Predict(ctx context.Context, seqs []Seq) ([]backend.Answer, error) {
	if err := m.checkAll(seqs); err != nil {
		return nil, err
	}
	var all []backend.Answer
	for lo, hi := range Passes(seqs) {
		s, err := m.start(seqs[lo:hi])
		if err != nil {
			return nil, err
		}
		answers, err := s.answers(ctx, s.l.Asks, func() {
			s.embed()
			s.layers(0, len(m.layers))
			s.output()
		})
		if err != nil {
			return nil, err
		}
		s.l.release(true)
		all = append(all, answers...)
	}
	return all, nil
}

// Hold runs one pass over all layers and keeps its asked rows.
func (m *Model) Hold(ctx context.Context, seqs []Seq) (Rows, error) {
	if err := m.checkAll(seqs); err != nil {
		return nil, err
	}
	s, err := m.start(seqs)
	if err != nil {
		return nil, err
	}
	if err := s.run(ctx, func() {
		s.embed()
		s.layers(0, len(m.layers))
	}); err != nil {
		return nil, err
	}
	s.next = len(m.layers)
	s.l.release(true)
	return s, nil
}
