package main

import (
	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/runtime/sample"
)

// samplingOptions are the flags of every command that generates.
type samplingOptions struct {
	sample.Options
	remasking   string
	cache       string
	noEarlyStop bool
}

func (o *samplingOptions) addFlags(f *pflag.FlagSet) {
	d := sample.Default()
	f.IntVar(&o.GenLength, "gen-length", d.GenLength, "`positions` to generate")
	f.IntVar(&o.BlockLength, "block-length", d.BlockLength, "`positions` of a block; blocks are filled from left to right")
	f.IntVar(&o.Steps, "steps", 0, "run the official sampler with exactly this many `steps`; absent: parallel decoding")
	f.Float64Var(&o.Threshold, "threshold", d.Threshold, "parallel decoding: commit tokens of at least this `probability`")
	f.Float64Var(&o.Factor, "factor", 0, "parallel decoding by the `factor` rule instead of the threshold")
	f.Float64Var(&o.Temperature, "temperature", 0, "sampling `temperature`; 0 is greedy")
	f.IntVar(&o.TopK, "top-k", 0, "with --temperature: draw among the `N` most probable tokens; 0 is all")
	f.Float64Var(&o.TopP, "top-p", 1, "with --temperature: draw among the fewest of the top k whose `probability` together exceeds this; 1 is all")
	f.Uint64Var(&o.Seed, "seed", 0, "`seed` of everything random")
	f.Float64Var(&o.Guidance, "cfg-scale", 0, "classifier-free guidance `scale`; 0 is off, above it every step costs two passes")
	f.StringVar(&o.remasking, "remasking", "low_confidence", "which positions stay masked: low_confidence or random")
	f.BoolVar(&o.LogitsEOSInf, "logits-eos-inf", false, "never choose the end token")
	f.BoolVar(&o.ConfidenceEOSEOTInf, "confidence-eos-eot-inf", false, "commit end tokens only when nothing else is left")
	f.StringVar(&o.cache, "cache", "none", "key/value cache; none is the only kind of this version")
	f.BoolVar(&o.noEarlyStop, "no-early-stop", false, "fill the whole canvas even after the end token")
}

// options checks the flags against each other.
func (o *samplingOptions) options(f *pflag.FlagSet) (sample.Options, error) {
	s := o.Options
	s.EarlyStop = !o.noEarlyStop
	switch o.remasking {
	case "low_confidence":
	case "random":
		s.Random = true
	default:
		return s, cli.Usagef("--remasking is %q, want low_confidence or random", o.remasking)
	}
	switch {
	case o.cache != "none":
		return s, cli.Usagef("--cache is %q; this version has none only", o.cache)
	case f.Changed("top-p") && o.TopP <= 0:
		return s, cli.Usagef("--top-p is %v, want above 0 and at most 1", o.TopP)
	case o.Temperature == 0 && (o.TopK > 0 || o.TopP < 1):
		return s, cli.Usagef("--top-k and --top-p restrict what is drawn at a temperature, and without one nothing is: set --temperature above 0")
	case f.Changed("steps") && o.Steps < 1:
		return s, cli.Usagef("--steps is %d, want at least 1", o.Steps)
	case o.Steps > 0 && (f.Changed("threshold") || f.Changed("factor")):
		return s, cli.Usagef("--steps runs the official sampler; --threshold and --factor belong to parallel decoding")
	case f.Changed("threshold") && f.Changed("factor"):
		return s, cli.Usagef("--threshold and --factor exclude each other")
	case f.Changed("factor") && o.Factor <= 0:
		return s, cli.Usagef("--factor is %v, want above 0", o.Factor)
	case s.Random && o.Steps == 0:
		return s, cli.Usagef("--remasking random needs --steps: parallel decoding goes by confidence")
	}
	return s, cli.Usage(s.Check())
}
