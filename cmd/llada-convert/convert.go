package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/container"
	"llada/quant/convert"
)

// convertOptions are the flags of a conversion.
type convertOptions struct {
	out    string
	levels map[formats.Encoding]*bool
	embed  string
	head   string
	maskID int32
	dryRun bool
	force  bool
	strict bool
	memory cli.Size
}

// levelFlags are the encodings that have a flag of their own, the default first.
var levelFlags = []formats.Encoding{formats.Q4, formats.Q6, formats.Q8, formats.BF16, formats.F32}

func (o *convertOptions) addFlags(f *pflag.FlagSet) {
	cli.Output(f, &o.out, "output", "o", "the `file` to write")
	o.levels = map[formats.Encoding]*bool{}
	for _, e := range levelFlags {
		help := fmt.Sprintf("store linear weights as %s", e)
		if e == levelFlags[0] {
			help += " (the default)"
		}
		o.levels[e] = f.Bool(string(e), false, help)
	}
	f.StringVar(&o.embed, "embed", "", "`encoding` of the token embedding instead of the level's own")
	f.StringVar(&o.head, "head", "", "`encoding` of the output head instead of the level's own")
	cli.Whole(f, &o.maskID, "mask-id", -1, 0, 1<<31-1, "`id` of the mask token, for checkpoints whose config does not say")
	f.BoolVar(&o.dryRun, "dry-run", false, "print the plan and stop")
	f.BoolVar(&o.force, "force", false, "overwrite the output")
	f.BoolVar(&o.strict, "strict", false, "refuse a checkpoint that gives a warning")
	cli.SizeVar(f, &o.memory, "memory", 4<<30, "bound on the memory used")
}

// policy is what the flags ask for.
func (o *convertOptions) policy() (convert.Policy, error) {
	level := formats.Encoding("")
	for _, e := range levelFlags {
		if !*o.levels[e] {
			continue
		}
		if level != "" {
			return convert.Policy{}, cli.Usagef("--%s and --%s exclude each other", level, e)
		}
		level = e
	}
	if level == "" {
		level = levelFlags[0]
	}
	p, err := convert.NewPolicy(level, formats.Encoding(o.embed), formats.Encoding(o.head))
	return p, cli.Usage(err)
}

func newConvertCommand(g *cli.Globals) *cobra.Command {
	var o convertOptions
	c := &cobra.Command{
		Use:   "llada-convert [flags] CHECKPOINT -o OUT.llada",
		Short: "Convert a masked-diffusion language model to a single quantized file",
		Long: `Convert a masked-diffusion language model to a single quantized file.

CHECKPOINT is a Hugging Face model folder: config.json, tokenizer.json and one or
more .safetensors files. The output holds everything that llada-run needs. What
will not work with it, such as text where the tokenizer is missing, is a warning;
--strict refuses it.

Levels, for the linear weights (bits per weight; size of LLaDA-8B):
  --q4    4.3125   4.7 GB   the default
  --q6    6.3125   6.6 GB
  --q8    8.125    8.1 GB
  --bf16  16      16.0 GB   as published
  --f32   32      32.1 GB

Examples:
  llada-convert LLaDA-8B-Instruct -o llada.llada
  llada-convert --q8 LLaDA-8B-Instruct -o llada-q8.llada
  llada-convert --q4 --head q8 --dry-run LLaDA-8B-Instruct
` + cli.ExitHelp,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runConvert(cmd, args[0], &o, g)
		},
	}
	o.addFlags(c.Flags())
	return c
}

func runConvert(cmd *cobra.Command, checkpoint string, o *convertOptions, g *cli.Globals) error {
	start := time.Now()
	policy, err := o.policy()
	if err != nil {
		return err
	}
	if o.out == "" && !o.dryRun {
		return cli.Usagef("no output: add -o OUT%s", container.Extension)
	}
	debug.SetMemoryLimit(int64(o.memory))
	inventory, err := take(cmd, checkpoint, o)
	if err != nil {
		return err
	}
	defer inventory.Close()
	plan, err := convert.NewPlan(inventory, policy)
	if err != nil {
		return err
	}
	if err := warn(cmd.ErrOrStderr(), checkpoint, inventory.Warnings, o.strict, g); err != nil {
		return err
	}
	if o.dryRun {
		return printPlan(cmd.OutOrStdout(), checkpoint, inventory, plan, g)
	}
	bar := cli.NewProgress(plan.Bytes, g)
	defer bar.Close()
	result, err := plan.Write(cmd.Context(), inventory, o.out, convert.Run{
		Threads: g.Threads, Memory: int64(o.memory), Force: o.force, Tool: "llada-convert " + version,
		On: func(t convert.Output, written int64) {
			bar.Describe(shorten(t.Name))
			bar.Add(written)
		},
	})
	if err != nil {
		return err
	}
	return printConversion(cmd.OutOrStdout(), o.out, result, inventory.Warnings, time.Since(start), g)
}

// warn tells what will not work with a container, or refuses to make it.
func warn(stderr io.Writer, checkpoint string, warnings []string, strict bool, g *cli.Globals) error {
	if strict && len(warnings) > 0 {
		return &formats.ParseError{File: checkpoint, Offset: -1,
			Err: fmt.Errorf("%s (refused because of --strict)", strings.Join(warnings, "\n  "))}
	}
	if !g.JSON { // which has them
		for _, w := range warnings {
			fmt.Fprintf(stderr, "warning: %s\n", w)
		}
	}
	return nil
}

// take opens the checkpoint with the mask token that the flags give, if any.
func take(cmd *cobra.Command, checkpoint string, o *convertOptions) (*convert.Inventory, error) {
	var r convert.Reading
	if cmd.Flags().Changed("mask-id") {
		r.MaskID = &o.maskID
	}
	v, err := convert.Take(checkpoint, r)
	var mask *convert.MaskError
	if errors.As(err, &mask) {
		err = cli.Usagef("--mask-id: %w", err)
	}
	return v, err
}

// shorten keeps the end of a long tensor name, which tells more.
func shorten(name string) string {
	const most = 28
	if len(name) <= most {
		return fmt.Sprintf("%-*s", most, name)
	}
	return "…" + name[len(name)-most+1:]
}

// outputSize is the size of the finished file.
func outputSize(path string) int64 {
	st, err := os.Stat(filepath.Clean(path))
	if err != nil {
		return 0
	}
	return st.Size()
}
