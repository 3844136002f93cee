package sample

import (
	"context"
	"fmt"
	"iter"

	"llada/runtime/backend"
	"llada/runtime/model"
)

// Run makes the steps of generations, one of each at a time, in passes that they
// share. Each generation gives the events that it gives alone; the last has Stop
// set. The first error ends the sequence.
func Run(ctx context.Context, p model.Predictor, gs ...*Generation) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			events, err := round(ctx, p, gs)
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(Event{}, err)
				return
			}
			if len(events) == 0 {
				return
			}
		}
	}
}

// round is one step of every generation that has not ended.
func round(ctx context.Context, p model.Predictor, gs []*Generation) ([]Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var seqs []model.Seq
	wants := make([]int, len(gs)) // sequences of each; −1: it has ended
	for i, g := range gs {
		wanted, more := g.Next()
		if wants[i] = len(wanted); !more {
			wants[i] = -1
		}
		seqs = append(seqs, wanted...)
	}
	answers, err := predict(ctx, p, seqs)
	if err != nil {
		return nil, err
	}
	var events []Event
	for i, g := range gs {
		if wants[i] < 0 {
			continue
		}
		e, err := g.Take(answers[:wants[i]])
		if err != nil {
			return events, fmt.Errorf("generation %d: %w", i, err)
		}
		e.Generation = i
		events, answers = append(events, e), answers[wants[i]:]
	}
	return events, nil
}

// predict asks nothing where nothing is wanted.
func predict(ctx context.Context, p model.Predictor, seqs []model.Seq) ([]backend.Answer, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	answers, err := p.Predict(ctx, seqs)
	if err == nil && len(answers) != len(seqs) {
		err = fmt.Errorf("%d answers about %d sequences", len(answers), len(seqs))
	}
	return answers, err
}
