package main

import (
	"context"

	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/formats/container"
	"llada/runtime/bundle"
)

// modelOptions say which model runs where.
type modelOptions struct {
	path        string
	device      string
	activations string
	control     string // where text has control tokens; "": takes no text
}

func (o *modelOptions) addFlags(f *pflag.FlagSet) {
	cli.Input(f, &o.path, "model", "m", "the container `file`")
	f.StringVar(&o.device, "device", "auto", "where to compute: cpu, gpu, gpu:N or auto")
	f.StringVar(&o.activations, "activations", "int8", activationsHelp)
}

// addTextFlags are those of commands that read text.
func (o *modelOptions) addTextFlags(f *pflag.FlagSet) {
	f.StringVar(&o.control, "control-tokens", string(bundle.ControlAuto),
		"where control tokens such as <|eot_id|> are recognised in text: auto (not in messages that pass the chat template), parse (everywhere) or text (nowhere)")
}

// activationsHelp is the help of --activations.
const activationsHelp = "what meets the weights: int8 (quantized ones), f32 (the exact path), or bf16 (bf16 ones, as the official model multiplies; others: f32)"

func checkActivations(a string) error {
	if !bundle.Activations(a).Known() {
		return cli.Usagef("--activations is %q, want int8, bf16 or f32", a)
	}
	return nil
}

func (o *modelOptions) check() error {
	if o.path == "" {
		return cli.Usagef("no model: add -m FILE%s", container.Extension)
	}
	if err := checkActivations(o.activations); err != nil {
		return err
	}
	if !bundle.ControlTokens(o.control).Known() {
		return cli.Usagef("--control-tokens is %q, want auto, parse or text", o.control)
	}
	if o.device != "cpu" && o.device != "auto" {
		return cli.Usagef("--device is %q; this version computes on the cpu only", o.device)
	}
	return nil
}

// open opens the container on the device.
func (o *modelOptions) open(ctx context.Context, g *cli.Globals) (*bundle.Bundle, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return bundle.Open(ctx, o.path, bundle.Options{
		Device:  bundle.Device{Threads: g.Threads, Activations: bundle.Activations(o.activations)},
		Control: bundle.ControlTokens(o.control),
		Note:    g.Note,
	})
}
