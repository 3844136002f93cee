package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/runtime/bundle"
	"llada/runtime/score"
)

// scoreOptions are the flags of score.
type scoreOptions struct {
	model    modelOptions
	input    inputOptions
	guidance float64
	order    bool
	choices  string
}

func newScoreCommand(g *cli.Globals) *cobra.Command {
	var o scoreOptions
	c := &cobra.Command{
		Use:   "score -m FILE [--text FILE | --prompt TEXT --answer TEXT | --masks FILE | --choices FILE]",
		Short: "Bound the likelihood of a text or an answer",
		Long: `Estimate the likelihood bound of a text, or of an answer given a prompt.

A masked-diffusion model has no exact perplexity but an upper bound of it, an
average over masks. The bound is printed in nats per token and in bits per byte,
with its standard error. docs/evaluation.md explains estimator and figures.

A mask set is JSON Lines: {"ids": [...], "prompt_length": 0, "masks": [[...], ...]}
with absolute positions. A line of a --choices file is
{"prompt": TEXT, "choices": [TEXT, ...], "answer": INDEX}.

Examples:
  llada-run score -m llada.llada --text wiki.txt
  llada-run score -m llada.llada --text wiki.txt --windows 100 --work run1 --json
  llada-run score -m llada.llada --prompt "2+2?" --answer "4" --official --samples 128
  llada-run score -m llada.llada --choices questions.jsonl --raw --cfg-scale 0.5
` + cli.ExitHelp,
		RunE: func(cmd *cobra.Command, _ []string) error { return runScore(cmd, &o, g) },
	}
	o.addFlags(c.Flags())
	return c
}

func (o *scoreOptions) addFlags(f *pflag.FlagSet) {
	o.model.addFlags(f)
	o.model.addTextFlags(f)
	o.input.addFlags(f)
	cli.Real(f, &o.guidance, "cfg-scale", 0, 0, maxGuidance, "classifier-free guidance `scale`; 0 is off, above it everything costs twice")
	f.BoolVar(&o.order, "order", false, "score answers in the order of confidence: deterministic, a pass per token, no bound")
	cli.Input(f, &o.choices, "choices", "", "multiple choice: the questions of this JSON Lines `file`")
}

func (o *scoreOptions) check(f *pflag.FlagSet) error {
	if o.choices != "" {
		for _, other := range []string{"text", "prompt", "answer", "masks", "save-masks", "window", "windows"} {
			if f.Changed(other) {
				return cli.Usagef("--choices excludes --%s", other)
			}
		}
		if err := o.input.checkSamples(f); err != nil {
			return err
		}
	} else if err := o.input.check(f); err != nil {
		return err
	}
	switch {
	case o.guidance > 0 && o.input.text != "":
		return cli.Usagef("--cfg-scale needs a prompt to guide by; --text has none")
	case o.order && (o.input.text != "" || o.input.masks != ""):
		return cli.Usagef("--order is for answers: --prompt and --answer, or --choices")
	case o.order && (f.Changed("samples") || f.Changed("seed") || o.input.official || o.input.saveMasks != ""):
		return cli.Usagef("--order draws no masks: no --samples, --seed, --official or --save-masks")
	case o.order && o.choices == "" && o.input.work != "":
		return cli.Usagef("--work keeps nothing of a single answer in order")
	}
	return o.input.checkOutputs(o.input.saveMasks)
}

func runScore(cmd *cobra.Command, o *scoreOptions, g *cli.Globals) error {
	if err := o.check(cmd.Flags()); err != nil {
		return err
	}
	b, err := o.model.open(cmd.Context(), g)
	if err != nil {
		return err
	}
	defer b.Close()
	s := &score.Scorer{Predictor: b, MaskID: b.Tokens.Mask, Guidance: o.guidance}
	if o.choices != "" {
		return runChoices(cmd, o, b, s, g)
	}
	c, err := o.input.corpus(cmd.Context(), b, g)
	if err != nil {
		return err
	}
	if o.order {
		return o.printOrdered(cmd, c, s, g)
	}
	run, err := o.run(b, c.Identity)
	if err != nil {
		return err
	}
	var bound score.Bound
	var values [][]float64
	item := func(ctx context.Context, it score.Item) (*score.Record, error) { return s.Score(ctx, it, c.Group) }
	if err := o.input.run(cmd.Context(), c, "score", run, []string{o.model.path}, g, item, func(r *score.Record) {
		bound.Add(r, r.NLL, r.Seconds)
		if o.input.masks != "" {
			values = append(values, r.NLL)
		}
	}); err != nil {
		return err
	}
	return printBound(cmd.OutOrStdout(), &bound, o.input.text != "", values, g)
}

// scoreRun says which run this is: nothing else changes its figures.
type scoreRun struct {
	Model         string   `json:"model"`
	Activations   string   `json:"activations"`
	ControlTokens string   `json:"control_tokens"`
	Template      string   `json:"chat_template"`
	Input         string   `json:"input"`
	Raw           bool     `json:"raw"`
	Settings      inputRun `json:"settings"`
	Guidance      float64  `json:"cfg_scale"`
	Order         bool     `json:"order"`
}

func (o *scoreOptions) run(b *bundle.Bundle, input string) (scoreRun, error) {
	model, err := b.Identity()
	if err != nil {
		return scoreRun{}, err
	}
	template, err := b.TemplateIdentity()
	return scoreRun{
		model, o.model.activations, o.model.control, template, input, o.input.raw, o.input.settings(), o.guidance, o.order,
	}, err
}
