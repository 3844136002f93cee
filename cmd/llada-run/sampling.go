package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/runtime/sample"
)

// What flags take at most, beyond any model: the model's own bounds are checked
// when it is open.
const (
	maxPositions = 1 << 20
	maxGuidance  = 1e6
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
	cli.Whole(f, &o.GenLength, "gen-length", d.GenLength, 1, maxPositions, "`positions` to generate")
	cli.Whole(f, &o.BlockLength, "block-length", d.BlockLength, 1, maxPositions, "`positions` of a block; blocks are filled from left to right")
	cli.Whole(f, &o.Steps, "steps", 0, 1, maxPositions, "run the official sampler with exactly this many `steps`; absent: parallel decoding")
	cli.Positive(f, &o.Threshold, "threshold", d.Threshold, 1, "parallel decoding: commit tokens of at least this `probability`")
	cli.Positive(f, &o.Factor, "factor", 0, 1e6, "parallel decoding by the `factor` rule instead of the threshold")
	cli.Real(f, &o.Temperature, "temperature", 0, 0, 1000, "sampling `temperature`; 0 is greedy")
	cli.Whole(f, &o.TopK, "top-k", 0, 0, 1<<31-1, "with --temperature: draw among the `N` most probable tokens; 0 is all")
	cli.Positive(f, &o.TopP, "top-p", 1, 1, "with --temperature: draw among the fewest of the top k whose `probability` together exceeds this; 1 is all")
	cli.Seed(f, &o.Seed, "seed", "`seed` of everything random")
	cli.Real(f, &o.Guidance, "cfg-scale", 0, 0, maxGuidance, "classifier-free guidance `scale`; 0 is off, above it every step costs two passes")
	f.StringVar(&o.remasking, "remasking", "low_confidence", "which positions stay masked: low_confidence or random")
	f.BoolVar(&o.LogitsEOSInf, "logits-eos-inf", false, "never choose the end token")
	f.BoolVar(&o.ConfidenceEOSEOTInf, "confidence-eos-eot-inf", false, "commit end tokens only when nothing else is left")
	f.StringVar(&o.cache, "cache", "none", "key/value cache; none is the only kind of this version")
	f.BoolVar(&o.noEarlyStop, "no-early-stop", false, "fill the whole canvas even after the end token")
}

// rules are the flags that choose how tokens are committed, each without the
// others.
var rules = []string{"steps", "threshold", "factor"}

// with are the options of a line of a --prompts file: the flags' own, and instead
// of them what the line has under the names of flags.
func (o *samplingOptions) with(flags *pflag.FlagSet, line map[string]json.RawMessage) (sample.Options, error) {
	if len(line) == 0 {
		return o.options(flags)
	}
	var own samplingOptions
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.addFlags(set)
	set.VisitAll(func(f *pflag.Flag) {
		another := slices.Contains(rules, f.Name) && slices.ContainsFunc(rules, func(r string) bool { return line[r] != nil })
		if given := flags.Lookup(f.Name); given != nil && given.Changed && !another {
			f.Changed = f.Value.Set(given.Value.String()) == nil
		}
	})
	for _, key := range slices.Sorted(maps.Keys(line)) {
		f := set.Lookup(strings.ReplaceAll(key, "_", "-"))
		if f == nil || strings.Contains(key, "-") {
			return own.Options, fmt.Errorf("unknown key %q: a line has prompt, messages or ids, and may have id and sampling options such as gen_length", key)
		}
		if err := setJSON(f, line[key]); err != nil {
			return own.Options, fmt.Errorf("%q is %s: %w", key, line[key], err)
		}
	}
	return own.options(set)
}

// setJSON gives a flag a value of its own kind.
func setJSON(f *pflag.Flag, value json.RawMessage) error {
	text := string(value)
	_, number := f.Value.(cli.Ranged)
	switch kind := value[0]; {
	case number:
	case f.Value.Type() == "bool" && text != "true" && text != "false":
		return errors.New("want true or false")
	case f.Value.Type() == "string" && (kind != '"' || json.Unmarshal(value, &text) != nil):
		return errors.New("want a string")
	}
	f.Changed = true
	return f.Value.Set(text)
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
	case o.Temperature == 0 && (o.TopK > 0 || o.TopP < 1):
		return s, cli.Usagef("--top-k and --top-p restrict what is drawn at a temperature, and without one nothing is: set --temperature above 0")
	case o.Steps > 0 && (f.Changed("threshold") || f.Changed("factor")):
		return s, cli.Usagef("--steps runs the official sampler; --threshold and --factor belong to parallel decoding")
	case f.Changed("threshold") && f.Changed("factor"):
		return s, cli.Usagef("--threshold and --factor exclude each other")
	case s.Random && o.Steps == 0:
		return s, cli.Usagef("--remasking random needs --steps: parallel decoding goes by confidence")
	}
	return s, cli.Usage(s.Check())
}
