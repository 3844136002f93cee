package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/journal"
	"llada/formats/text"
	"llada/runtime/bundle"
	"llada/runtime/score"
	"llada/runtime/score/corpus"
)

// choiceLine is a line of a --choices file.
type choiceLine struct {
	Prompt  *string  `json:"prompt"`
	Choices []string `json:"choices"`
	Answer  *int     `json:"answer"`
}

func (c *choiceLine) check() error {
	switch {
	case c.Prompt == nil:
		return errors.New(`"prompt" is missing`)
	case len(c.Choices) < 2:
		return fmt.Errorf(`"choices" has %d entries, want at least 2`, len(c.Choices))
	case c.Answer == nil || *c.Answer < 0 || *c.Answer >= len(c.Choices):
		return fmt.Errorf(`"answer" must be an index into the %d choices, counted from 0`, len(c.Choices))
	}
	for i, choice := range c.Choices {
		if choice == "" {
			return fmt.Errorf("choice %d is empty", i)
		}
	}
	return nil
}

// question encodes a line and the lengths of its choices.
func (o *scoreOptions) question(b *bundle.Bundle, c *choiceLine) (q score.Question, bytes []int, err error) {
	q.Answer = *c.Answer
	if q.Prompt, err = (&request{Prompt: c.Prompt}).encode(b, "", o.input.raw); err != nil {
		return q, nil, err
	}
	for i, choice := range c.Choices {
		ids, err := b.Encode(choice)
		if err != nil {
			return q, nil, err
		}
		if slices.Contains(ids, b.Tokens.Mask) {
			return q, nil, corpus.HoldsMask(fmt.Sprintf("choice %d", i), b.Decode([]int32{b.Tokens.Mask}, false))
		}
		whole := append(append([]int32{}, q.Prompt...), ids...)
		if err := score.NewItem(whole, len(q.Prompt), [][]int32{{0}}).Check(b.Arch.Vocab, b.Tokens.Mask, b.Arch.Context); err != nil {
			return q, nil, err
		}
		q.Choices, bytes = append(q.Choices, ids), append(bytes, len(choice))
	}
	return q, bytes, nil
}

// runChoices answers every question of a file.
func runChoices(cmd *cobra.Command, o *scoreOptions, b *bundle.Bundle, s *score.Scorer, g *cli.Globals) error {
	file, err := text.Open(o.choices)
	if err != nil {
		return err
	}
	n := 0
	for line, err := range file.Lines() { // all of it first: a mistake must not show after hours
		var c choiceLine
		if err == nil {
			err = line.Parse(&c, func() error {
				if err := c.check(); err != nil {
					return err
				}
				_, _, err := o.question(b, &c)
				return err
			})
		}
		if err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return &formats.ParseError{File: file.Name, Offset: -1, Err: errors.New("no questions")}
	}
	verdicts, err := o.choiceJournal(b, file)
	if err != nil {
		return err
	}
	defer verdicts.Close()
	bar := cli.NewCount(int64(n), g)
	defer bar.Close()
	var right, normalized score.Proportion
	index := 0
	for line, err := range file.Lines() {
		var c choiceLine
		if err == nil {
			err = line.Parse(&c, c.check)
		}
		var v *score.Verdict
		if err == nil {
			if v, err = o.verdict(cmd.Context(), b, s, verdicts, index, &c); err != nil {
				err = fmt.Errorf("%s: line %d: %w", file.Name, line.Number, err)
			}
		}
		if err != nil {
			return err
		}
		right.Add(v.Best == v.Answer)
		normalized.Add(v.Normalized == v.Answer)
		bar.Add(1)
		index++
	}
	if g.JSON {
		return cli.PrintJSON(cmd.OutOrStdout(), map[string]any{
			"questions": n, "accuracy": right.Value(), "accuracy_standard_error": right.Error(),
			"accuracy_confidence_95": ends(right.Interval()),
			"accuracy_per_byte":      normalized.Value(), "accuracy_per_byte_standard_error": normalized.Error(),
			"accuracy_per_byte_confidence_95": ends(normalized.Interval()),
		})
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "accuracy          %s of %s\nby nats per byte  %s\n",
		percent(right), count(n, "question"), percent(normalized))
	return err
}

func (o *scoreOptions) choiceJournal(b *bundle.Bundle, file *text.File) (*journal.Journal, error) {
	if o.input.work == "" {
		return nil, nil
	}
	input, err := file.Digest()
	if err != nil {
		return nil, err
	}
	run, err := o.run(b, input)
	if err != nil {
		return nil, err
	}
	return o.input.journal("choices", run)
}

// verdict is what the journal holds of a question, or else the model's.
func (o *scoreOptions) verdict(ctx context.Context, b *bundle.Bundle, s *score.Scorer, j *journal.Journal, index int, c *choiceLine) (*score.Verdict, error) {
	if j != nil {
		v := &score.Verdict{}
		if found, err := j.Next(v, func() error { return v.Check(index, len(c.Choices), *c.Answer) }); err != nil || found {
			return v, err
		}
	}
	q, bytes, err := o.question(b, c)
	if err != nil {
		return nil, err
	}
	v, err := score.Judge(ctx, q, bytes, func(ctx context.Context, texts [][]int32, prompt int) ([]float64, error) {
		if o.order {
			return s.Ordered(ctx, texts, prompt)
		}
		return s.Bounds(ctx, o.input.draw(), uint64(index), texts, prompt)
	})
	if err != nil {
		return nil, err
	}
	v.Index = index
	if j != nil {
		err = j.Append(v)
	}
	return v, err
}
