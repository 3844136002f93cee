package main

import (
	"context"
	"fmt"
	"slices"

	"llada/cmd/internal/cli"
	"llada/formats/journal"
	"llada/runtime/bundle"
	"llada/runtime/sample"
	"llada/runtime/score"
)

// agreement is how a container's greedy answers compare with the reference's.
type agreement struct {
	exact    score.Proportion
	diverged []int // first diverging step of each answer that differs, from 1
}

// firstStep is the median first diverging step; 0 if no answer differs.
func (a *agreement) firstStep() int {
	if len(a.diverged) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(a.diverged))[len(a.diverged)/2]
}

// answered is the record of one prompt: per container the first step in which
// it commits other tokens than the reference, 0 if it commits the same, and
// whether the answer is the same in the end.
type answered struct {
	Index int    `json:"index"`
	First []int  `json:"first"`
	Exact []bool `json:"exact"`
}

// promptsRun says which run over prompts this is.
type promptsRun struct {
	compareRun
	Prompts  string         `json:"prompts"`
	Template string         `json:"chat_template"`
	Sampling sample.Options `json:"sampling"`
	Raw      bool           `json:"raw"`
}

// readPrompts reads the prompts, each of which the model can answer.
func (o *compareOptions) readPrompts(b *bundle.Bundle) ([]*request, string, error) {
	requests, digest, err := readRequests(o.prompts, &o.sampling, &o.samplingFlags)
	if err != nil {
		return nil, "", err
	}
	for i, r := range requests {
		if r.err != nil {
			return nil, "", r.err
		}
		ids, err := r.encode(b, "", o.input.raw)
		if err == nil {
			_, err = sample.New(b.Generations(r.options), ids)
		}
		if err != nil {
			return nil, "", o.at(i, requests, err)
		}
	}
	return requests, digest, nil
}

// at names a prompt in its error.
func (o *compareOptions) at(i int, requests []*request, err error) error {
	return fmt.Errorf("%s: prompt %d of %d: %w", o.prompts, i+1, len(requests), err)
}

// generations answers every prompt with every model.
func (o *compareOptions) generations(ctx context.Context, requests []*request, digest string, run compareRun, models []*bundle.Bundle, all []contender, g *cli.Globals) error {
	var answers *journal.Journal
	if o.input.work != "" {
		template, err := models[0].TemplateIdentity()
		if err != nil {
			return err
		}
		if answers, err = o.input.journal("prompts", promptsRun{run, digest, template, o.sampling.Options, o.input.raw}); err != nil {
			return err
		}
		defer answers.Close()
	}
	bar := cli.NewCount(int64(len(requests)), g)
	defer bar.Close()
	for i := range all[1:] {
		all[i+1].generation = &agreement{}
	}
	for i, r := range requests {
		a, err := o.answer(ctx, answers, i, r, models)
		if err != nil {
			return o.at(i, requests, err)
		}
		for k := range a.First {
			g := all[k+1].generation
			g.exact.Add(a.Exact[k])
			if a.First[k] > 0 {
				g.diverged = append(g.diverged, a.First[k])
			}
		}
		bar.Add(1)
	}
	return nil
}

func (o *compareOptions) answer(ctx context.Context, j *journal.Journal, index int, question *request, models []*bundle.Bundle) (*answered, error) {
	a := &answered{Index: index}
	if j != nil {
		found, err := j.Next(a, func() error {
			if n := len(models) - 1; a.Index != index || len(a.First) != n || len(a.Exact) != n {
				return fmt.Errorf("an answer to prompt %d with %d candidates", a.Index, len(a.First))
			}
			return nil
		})
		if err != nil || found {
			return a, err
		}
	}
	ids, err := question.encode(models[0], "", o.input.raw)
	if err != nil {
		return nil, err
	}
	var steps [][][]sample.Change
	var answers [][]int32
	for _, b := range models {
		var changes [][]sample.Change
		generation, err := sample.New(b.Generations(question.options), ids)
		if err != nil {
			return nil, err
		}
		r, err := generate(ctx, b, generation, func(e sample.Event) error {
			changes = append(changes, e.Changes)
			return nil
		})
		if err != nil {
			return nil, err
		}
		steps, answers = append(steps, changes), append(answers, r.IDs)
	}
	for k := range models[1:] {
		a.First = append(a.First, firstDifference(steps[0], steps[k+1]))
		a.Exact = append(a.Exact, slices.Equal(answers[0], answers[k+1]))
	}
	if j != nil {
		err = j.Append(a)
	}
	return a, err
}

// firstDifference is the first step, from 1, in which two generations change other
// positions or to other tokens; 0 if there is none.
func firstDifference(a, b [][]sample.Change) int {
	for i := range min(len(a), len(b)) {
		if !slices.Equal(byPosition(a[i]), byPosition(b[i])) {
			return i + 1
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b)) + 1
	}
	return 0
}

func byPosition(c []sample.Change) []sample.Change {
	return slices.SortedFunc(slices.Values(c), func(x, y sample.Change) int { return x.Position - y.Position })
}
