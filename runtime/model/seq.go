package model

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"llada/runtime/backend"
)

// Seq is one sequence of a pass. Masked positions hold the mask token. Slices are
// read until the pass ends and not kept.
type Seq struct {
	IDs []int32
	// Pos are the positions of IDs, ascending; nil means 0, 1, …
	Pos []int32
	// Asked are the rows, indices into IDs, whose logits are asked, in any order.
	// Logits of a row predict the token at its position.
	Asked []int32
	// Ask is the question about them; its fields about rows are filled in by the
	// pass. With Guided, Unconditional is the same sequence without its condition,
	// with as many asked rows.
	Ask           backend.Ask
	Unconditional *Seq

	// Cache, if not nil, takes the keys and values of the rows, and the rows see
	// every position that it holds. Without one they see each other.
	Cache *Cache
}

// Predictor is what a sampler and a scorer need of a model: answers about
// sequences, one each, in their order. How they are spread over passes does not
// change the answers.
type Predictor interface {
	Predict(ctx context.Context, seqs []Seq) ([]backend.Answer, error)
}

// Holder is a Predictor that can also hold the rows asked of one pass on the
// device, to be asked about a few at a time: so whole distributions of several
// models can be compared row by row and none is kept.
type Holder interface {
	Predictor
	Hold(ctx context.Context, seqs []Seq) (Rows, error)
}

// Rows are the rows asked of a pass, in its order, up to the output head. They
// are valid until the model's next pass.
type Rows interface {
	// Answer answers asks about these rows.
	Answer(ctx context.Context, asks []backend.Ask) ([]backend.Answer, error)
}

// PassRows is how many positions a pass holds at most, unless one sequence is
// longer: enough to keep a device busy, few enough to fit.
const PassRows = 2048

// Passes yields the ranges of seqs that share a pass.
func Passes(seqs []Seq) iter.Seq2[int, int] {
	return func(yield func(lo, hi int) bool) {
		for lo := 0; lo < len(seqs); {
			hi, rows := lo, 0
			for ; hi < len(seqs); hi++ {
				n := len(seqs[hi].IDs)
				if u := seqs[hi].Unconditional; u != nil {
					n += len(u.IDs)
				}
				if rows += n; rows > PassRows && hi > lo {
					break
				}
			}
			if !yield(lo, hi) {
				return
			}
			lo = hi
		}
	}
}

var errNoSequence = errors.New("no sequence")

// caches yields the caches of sequences, one as often as it serves.
func caches(seqs []Seq) iter.Seq[*Cache] {
	return func(yield func(*Cache) bool) {
		for i := range seqs {
			for s := &seqs[i]; s != nil; s = s.Unconditional {
				if s.Cache != nil && !yield(s.Cache) {
					return
				}
			}
		}
	}
}

// checkAll reports sequences that the model cannot take, alone or together,
// however they would be spread over passes.
func (m *Model) checkAll(seqs []Seq) error {
	if len(seqs) == 0 {
		return errNoSequence
	}
	var serving []*Cache
	var pool *Pool
	for i := range seqs {
		err := m.Check(&seqs[i])
		if err == nil {
			ask := seqs[i].Ask
			ask.Row, ask.Rows, ask.Without = 0, len(seqs[i].Asked), 0
			err = ask.Check(ask.Rows, m.Arch.Vocab)
		}
		for c := range caches(seqs[i : i+1]) {
			switch {
			case err != nil:
			case c.pool.m != m:
				err = errors.New("its cache is another model's")
			case pool != nil && pool != c.pool:
				err = errors.New("its cache is of another pool than those before it")
			case slices.Contains(serving, c):
				err = errors.New("its cache serves another sequence")
			}
			pool, serving = c.pool, append(serving, c)
		}
		if err != nil && len(seqs) > 1 {
			err = fmt.Errorf("sequence %d: %w", i, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Check reports a sequence that the model cannot take.
func (m *Model) Check(s *Seq) error {
	switch {
	case len(s.IDs) == 0:
		return fmt.Errorf("the sequence is empty")
	case len(s.IDs) > m.Arch.Context:
		return fmt.Errorf("sequence of %d tokens exceeds the model's context of %d", len(s.IDs), m.Arch.Context)
	case s.Pos != nil && len(s.Pos) != len(s.IDs):
		return fmt.Errorf("%d positions for %d tokens", len(s.Pos), len(s.IDs))
	}
	last := int32(-1)
	for i, id := range s.IDs {
		p := s.position(i)
		switch {
		case id < 0 || int(id) >= m.Arch.Vocab:
			return fmt.Errorf("token id %d at position %d is outside the vocabulary of %d", id, p, m.Arch.Vocab)
		case p <= last:
			return fmt.Errorf("position %d follows position %d: positions must ascend", p, last)
		case int(p) >= m.Arch.Context:
			return fmt.Errorf("position %d is outside the model's context of %d", p, m.Arch.Context)
		case s.Cache != nil && int(p) >= s.Cache.Positions():
			return fmt.Errorf("position %d is outside the cache of %d", p, s.Cache.Positions())
		}
		last = p
	}
	for _, r := range s.Asked {
		if r < 0 || int(r) >= len(s.IDs) {
			return fmt.Errorf("row %d asked of a sequence of %d tokens", r, len(s.IDs))
		}
	}
	u := s.Unconditional
	if s.Ask.Guided != (u != nil) {
		return fmt.Errorf("guidance needs the sequence without its condition, and nothing else does")
	}
	if u == nil {
		return nil
	}
	if len(u.Asked) != len(s.Asked) || u.Unconditional != nil {
		return fmt.Errorf("%d rows asked of the sequence without its condition, %d with it", len(u.Asked), len(s.Asked))
	}
	return m.Check(u)
}

// position is that of row i.
func (s *Seq) position(i int) int32 {
	if s.Pos == nil {
		return int32(i)
	}
	return s.Pos[i]
}
