package sample

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"llada/runtime/backend"
	"llada/runtime/model"
)

// Predictor is what the sampler needs of a model.
type Predictor interface {
	Predict(context.Context, model.Batch, *backend.Ask) (*backend.Answer, error)
}

// Tokens are the ids that mean something to the sampler.
type Tokens struct {
	Mask int32
	EOS  int32   // the end of the text, which also fills a canvas up
	End  []int32 // every token that ends an answer: EOS, the end of a turn
}

// Sampler generates with one set of options.
type Sampler struct {
	Predictor Predictor
	Tokens    Tokens
	Options   Options
	Context   int // the longest sequence the model takes
}

// run is the state of one generation.
type run struct {
	*Sampler
	strategy Strategy
	canvas   []int32
	prompt   int
	given    []bool // known before the first step: what guidance hides
	steps    int
	passes   int
}

// Run generates an answer to the prompt, step by step. The first error ends
// the sequence; the last event of a generation that succeeds has Stop set.
func (s *Sampler) Run(ctx context.Context, prompt []int32) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		r, err := s.start(prompt)
		if err != nil {
			yield(Event{}, err)
			return
		}
		for b := range s.Options.blocks() {
			if !r.block(ctx, b, yield) {
				return
			}
		}
	}
}

func (s *Sampler) start(prompt []int32) (*run, error) {
	o := s.Options
	if err := o.Check(); err != nil {
		return nil, err
	}
	if n := len(prompt) + o.GenLength; n > s.Context {
		return nil, fmt.Errorf("a prompt of %d tokens and %d to generate make %d, above the model's context of %d: shorten the prompt or gen-length",
			len(prompt), o.GenLength, n, s.Context)
	}
	r := &run{Sampler: s, strategy: o.strategy(), prompt: len(prompt)}
	r.canvas = slices.Grow(slices.Clone(prompt), o.GenLength)
	for range o.GenLength {
		r.canvas = append(r.canvas, s.Tokens.Mask)
	}
	r.given = make([]bool, len(r.canvas))
	for i, id := range r.canvas {
		r.given[i] = id != s.Tokens.Mask
	}
	return r, nil
}

// block runs the steps of block b and reports whether to go on.
func (r *run) block(ctx context.Context, b int, yield func(Event, error) bool) bool {
	end := r.prompt + (b+1)*r.Options.BlockLength
	state := State{Masks: len(r.masked(end-r.Options.BlockLength, end))}
	last := b == r.Options.blocks()-1
	for ; ; state.Step++ {
		// Masks of the prompt and of earlier blocks compete with the block's own.
		at := r.masked(0, end)
		committed, err := r.step(ctx, state, at)
		if err != nil {
			yield(Event{}, err)
			return false
		}
		over := state.Step+1 == r.strategy.Steps() ||
			r.strategy.Steps() == 0 && len(committed) == len(at)
		stop := ""
		if r.ended() && (r.Options.EarlyStop || over && last) {
			stop = StopEnd
		} else if over && last {
			stop = StopLength
		}
		e := Event{Step: r.steps, Block: b, ForwardPasses: r.passes, Committed: committed, Canvas: r.canvas, Stop: stop}
		if !yield(e, nil) || stop != "" {
			return false
		}
		if over {
			return true
		}
	}
}

// masked lists the masked positions in [lo, hi).
func (r *run) masked(lo, hi int) []int32 {
	var at []int32
	for i := lo; i < hi; i++ {
		if r.canvas[i] == r.Tokens.Mask {
			at = append(at, int32(i))
		}
	}
	return at
}

// step predicts the masked positions at and commits what the strategy chooses.
func (r *run) step(ctx context.Context, s State, at []int32) ([]Candidate, error) {
	r.steps++
	if len(at) == 0 {
		return nil, ctx.Err()
	}
	c, err := r.candidates(ctx, at)
	if err != nil {
		return nil, err
	}
	var committed []Candidate
	for _, i := range r.strategy.Choose(s, c) {
		r.canvas[c[i].Position] = c[i].Token
		committed = append(committed, c[i])
	}
	return committed, nil
}

// ended reports whether an end token stands after tokens only.
func (r *run) ended() bool {
	for _, id := range r.canvas[r.prompt:] {
		if id == r.Tokens.Mask {
			return false
		}
		if r.ends(id) {
			return true
		}
	}
	return false
}

func (s *Sampler) ends(id int32) bool { return slices.Contains(s.Tokens.End, id) }
