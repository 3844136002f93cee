package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/output"
	"llada/formats/safetensors"
	"llada/runtime/backend"
	"llada/runtime/model"
)

func newLogitsCommand(g *cli.Globals) *cobra.Command {
	var (
		o        modelOptions
		ids, out string
		force    bool
	)
	c := &cobra.Command{
		Use:   "logits -m FILE --ids FILE -o OUT.safetensors",
		Short: "Write the logits of a sequence",
		Long: `Write the logits of every position of a sequence, as F32 [n, vocabulary] under
the name "logits". Logits at a position predict the token at that position.

Examples:
  echo '[2040, 2042, 2042]' > ids.json
  llada-run logits -m llada.llada --ids ids.json -o logits.safetensors
  llada-run logits -m llada.llada --ids ids.json -o exact.safetensors --activations f32
` + cli.ExitHelp,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if ids == "" || out == "" {
				return cli.Usagef("logits needs --ids FILE and -o OUT.safetensors")
			}
			if out == "-" && cli.Terminal(os.Stdout) {
				return cli.Usagef("logits are no text for a terminal: name a file, or pipe them on")
			}
			write := output.Options{Force: force, Stream: true}
			if err := output.Check(out, write); err != nil {
				return err
			}
			return runLogits(cmd.Context(), &o, ids, out, write, g)
		},
	}
	o.addFlags(c.Flags())
	cli.Input(c.Flags(), &ids, "ids", "", "a `file` with a JSON array of token ids")
	cli.Output(c.Flags(), &out, "output", "o", "the safetensors `file` to write")
	c.Flags().BoolVar(&force, "force", false, "overwrite the output")
	return c
}

// logitRows bounds memory: this many rows of logits are held at a time.
const logitRows = 64

func runLogits(ctx context.Context, o *modelOptions, idsPath, out string, write output.Options, g *cli.Globals) error {
	ids, err := readIDs(idsPath)
	if err != nil {
		return err
	}
	b, err := o.open(ctx, g)
	if err != nil {
		return err
	}
	defer b.Close()
	if len(ids) == 0 {
		return fmt.Errorf("%s holds no token ids", idsPath)
	}
	shape := []int{len(ids), b.Arch.Vocab}
	w, err := safetensors.Create(out, []formats.Info{{
		Name: "logits", Encoding: formats.F32, Shape: shape, Size: int64(shape[0]) * int64(shape[1]) * 4,
	}}, nil, write)
	if err != nil {
		return err
	}
	defer w.Abort()
	all := make([]int32, len(ids))
	for i := range all {
		all[i] = int32(i)
	}
	rows, err := b.Hold(ctx, []model.Seq{{IDs: ids, Asked: all}})
	if err != nil {
		return err
	}
	row := make([]byte, 4*b.Arch.Vocab)
	for lo := 0; lo < len(ids); lo += logitRows {
		ans, err := rows.Answer(ctx, []backend.Ask{{Row: lo, Rows: min(logitRows, len(ids)-lo), Logits: true}})
		if err != nil {
			return err
		}
		for _, logits := range ans[0].Logits {
			if err := formats.EncodeFloat32(row, logits, formats.F32); err != nil {
				return err
			}
			if _, err := w.Write(row); err != nil {
				return err
			}
		}
	}
	return w.Close()
}
