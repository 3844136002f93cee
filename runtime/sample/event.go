package sample

import "slices"

// Why a generation ended.
const (
	StopEnd    = "eos"    // an end token
	StopLength = "length" // the canvas is full
)

// Event is one step of a generation.
type Event struct {
	Step          int // from 1
	Block         int // from 0
	ForwardPasses int // so far; a guided step takes two
	Committed     []Candidate
	// Canvas is prompt and answer, masks included, after the step. It is the
	// sampler's own: copy it to keep it, do not change it.
	Canvas []int32
	// Stop is why the generation ended, on its last event; else "".
	Stop string
}

// Result is a finished generation.
type Result struct {
	// IDs is the answer: up to and including the first end token with early
	// stop, else the whole canvas after the prompt.
	IDs []int32
	// Useful is the number of tokens before the first end token.
	Useful        int
	ForwardPasses int
	Committed     [][]int // absolute positions per step, ascending
	Stop          string
}

// Collect folds the events of a generation after a prompt of n tokens into its
// result, calling each, if not nil, on the way.
func (s *Sampler) Collect(events func(yield func(Event, error) bool), n int, each func(Event) error) (*Result, error) {
	r := &Result{}
	for e, err := range events {
		if err != nil {
			return nil, err
		}
		r.ForwardPasses, r.Stop = e.ForwardPasses, e.Stop
		at := make([]int, len(e.Committed))
		for i, c := range e.Committed {
			at[i] = c.Position
		}
		slices.Sort(at)
		r.Committed = append(r.Committed, at)
		if each != nil {
			if err := each(e); err != nil {
				return nil, err
			}
		}
		if e.Stop != "" {
			r.IDs = slices.Clone(e.Canvas[n:])
		}
	}
	r.Useful = len(r.IDs)
	if end := slices.IndexFunc(r.IDs, s.ends); end >= 0 {
		r.Useful = end
		if s.Options.EarlyStop {
			r.IDs = r.IDs[:end+1]
		}
	}
	return r, nil
}
