package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/formats/output"
	"llada/runtime/bundle"
	"llada/runtime/score"
)

// compareOptions are the flags of compare.
type compareOptions struct {
	reference modelOptions // its other flags are everyone's
	input     inputOptions
	frontier  int
	maxDelta  float64
	plot      string
	prompts   string
	sampling  samplingOptions

	samplingFlags pflag.FlagSet // all of sampling's, some of which compare has too
}

func newCompareCommand(g *cli.Globals) *cobra.Command {
	var o compareOptions
	c := &cobra.Command{
		Use:   "compare --ref FILE FILE... [--text FILE | --prompt TEXT --answer TEXT | --masks FILE]",
		Short: "Measure what quantization does to a model",
		Long: `Compare containers of one model with a reference, on identical masks.

Printed per container: size, the likelihood bound in nats per token, its paired
difference from the reference with standard error, the KL divergence at masked
positions over the whole vocabulary, the change of the true token's probability,
how often the likeliest token agrees, and how far the tokens agree that a sampler
would commit next (frontier). docs/evaluation.md says how to read each.

With --prompts FILE, a file as generate takes, every model also answers prompts,
greedily, and the answers are compared.

All models are open at once; the run is fast where memory holds them together.

Examples:
  llada-run compare --ref bf16.llada q8.llada q4.llada --text wiki.txt --windows 50
  llada-run compare --ref bf16.llada q4.llada --text wiki.txt --work run2 --plot q4.svg
  llada-run compare --ref bf16.llada q4.llada --masks set.jsonl --max-delta 0.02
` + cli.ExitHelp,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runCompare(cmd, args, &o, g) },
	}
	f := c.Flags()
	cli.Input(f, &o.reference.path, "ref", "", "the reference container `file`")
	f.StringVar(&o.reference.device, "device", "auto", "where to compute: cpu, gpu, gpu:N or auto")
	f.StringVar(&o.reference.activations, "activations", "int8", activationsHelp)
	o.reference.addTextFlags(f)
	o.input.addFlags(f)
	cli.Whole(f, &o.frontier, "frontier", 4, 1, maxPositions, "most confident `positions` whose agreement is measured")
	cli.Real(f, &o.maxDelta, "max-delta", 0, -1e6, 1e6, "gate: exit 3 if the bound of a container exceeds the reference's by more `nats` per token")
	cli.Input(f, &o.prompts, "prompts", "", "also answer every line of this JSON Lines `file`")
	o.sampling.addFlags(&o.samplingFlags)
	for _, name := range []string{"gen-length", "block-length", "steps"} {
		flag := o.samplingFlags.Lookup(name)
		flag.Usage = "with --prompts: " + flag.Usage
		f.AddFlag(flag)
	}
	cli.Output(f, &o.plot, "plot", "", "draw quality against size, and divergence by mask ratio, into this `file` (.svg, .png, .pdf)")
	return c
}

// plotFormat is the format that the name of a picture asks for.
func plotFormat(path string) string { return strings.ToLower(filepath.Ext(path)) }

func (o *compareOptions) check(cmd *cobra.Command) error {
	if o.reference.path == "" {
		return cli.Usagef("no reference: add --ref FILE")
	}
	if err := o.input.check(cmd.Flags()); err != nil {
		return err
	}
	if o.plot != "" && !plotFormats[plotFormat(o.plot)] {
		return cli.Usagef("--plot %q: want a name in .svg, .png or .pdf", o.plot)
	}
	if o.prompts != "" {
		if _, err := o.sampling.options(&o.samplingFlags); err != nil {
			return err
		}
	}
	return o.input.checkOutputs(o.input.saveMasks, o.plot)
}

// compareRun says which run this is: nothing else changes its figures.
type compareRun struct {
	Input         string   `json:"input"`
	Settings      inputRun `json:"settings"`
	Frontier      int      `json:"frontier"`
	Activations   string   `json:"activations"`
	ControlTokens string   `json:"control_tokens"`
	Models        []string `json:"models"`
}

// contender is a container beside the reference.
type contender struct {
	path          string
	bytes         int64
	bitsPerWeight float64
	bound         score.Bound
	difference    score.Difference
	generation    *agreement // nil: not asked
}

func runCompare(cmd *cobra.Command, paths []string, o *compareOptions, g *cli.Globals) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	files := append([]string{o.reference.path}, paths...)
	models, err := o.open(cmd.Context(), files, g)
	defer func() {
		for _, b := range models {
			b.Close()
		}
	}()
	if err != nil {
		return err
	}
	ref := models[0]
	c, err := o.input.corpus(cmd.Context(), ref, g)
	if err != nil {
		return err
	}
	var requests []*request
	var digest string
	if o.prompts != "" { // read first: a mistake must not show after hours
		if requests, digest, err = o.readPrompts(ref); err != nil {
			return err
		}
	}
	var picture *output.File
	if o.plot != "" { // begun first: who cannot write it must not find out after hours
		if picture, err = output.Create(o.plot, o.input.write()); err != nil {
			return err
		}
		defer picture.Abort()
	}
	run := compareRun{
		Input: c.Identity, Settings: o.input.settings(), Frontier: o.frontier,
		Activations: o.reference.activations, ControlTokens: o.reference.control,
	}
	all := make([]contender, len(models))
	comparer := &score.Comparer{Reference: ref, MaskID: ref.Tokens.Mask, Frontier: o.frontier, Threads: g.Threads}
	for i, b := range models {
		id, err := b.Identity()
		if err != nil {
			return err
		}
		run.Models = append(run.Models, id)
		all[i].path = files[i]
		all[i].describe(b)
		if i > 0 {
			comparer.Candidates = append(comparer.Candidates, b)
		}
	}
	item := func(ctx context.Context, it score.Item) (*score.Record, error) {
		return comparer.Compare(ctx, it, c.Group)
	}
	if err := o.input.run(cmd.Context(), c, "compare", run, files, g, item, func(r *score.Record) {
		all[0].bound.Add(r, r.NLL, r.Seconds)
		for i := range r.Sides {
			all[i+1].bound.Add(r, r.Sides[i].NLL, r.Sides[i].Seconds)
			all[i+1].difference.Add(r, i)
		}
	}); err != nil {
		return err
	}
	if requests != nil {
		if err := o.generations(cmd.Context(), requests, digest, run, models, all, g); err != nil {
			return err
		}
	}
	return o.report(cmd, picture, all, g)
}

func (o *compareOptions) report(cmd *cobra.Command, picture *output.File, all []contender, g *cli.Globals) error {
	if picture != nil {
		if err := plotComparison(picture, plotFormat(o.plot), all); err != nil {
			return err
		}
		if err := picture.Commit(); err != nil {
			return err
		}
	}
	if err := printComparison(cmd.OutOrStdout(), all, g); err != nil {
		return err
	}
	if !cmd.Flags().Changed("max-delta") {
		return nil
	}
	for _, c := range all[1:] {
		if d := c.difference.Delta(); !(d <= o.maxDelta) || math.IsInf(d, 0) {
			return cli.Gatef("%s: the bound exceeds the reference's by %s nats per token, more than --max-delta %v",
				c.path, plusMinus(d, c.difference.DeltaError()), o.maxDelta)
		}
	}
	return nil
}

// open opens every container, and refuses those that are not of one kind.
func (o *compareOptions) open(ctx context.Context, paths []string, g *cli.Globals) ([]*bundle.Bundle, error) {
	var models []*bundle.Bundle
	for _, p := range paths {
		m := o.reference
		m.path = p
		b, err := m.open(ctx, g)
		if err != nil {
			return models, err
		}
		models = append(models, b)
		if err := models[0].Comparable(b); err != nil {
			return models, fmt.Errorf("%s cannot be compared with %s: %w", p, paths[0], err)
		}
	}
	return models, nil
}

// describe fills in what the container is.
func (c *contender) describe(b *bundle.Bundle) {
	var bytes int64
	for _, i := range b.File.Infos() {
		bytes += i.Size
	}
	c.bytes = b.File.Size()
	c.bitsPerWeight = 8 * float64(bytes) / float64(b.Arch.Parameters())
}
