package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/container"
	"llada/quant"
	"llada/quant/convert"
)

func newVerifyCommand(g *cli.Globals) *cobra.Command {
	var against string
	c := &cobra.Command{
		Use:   "verify FILE",
		Short: "Check a container's checksums, and its weights against the checkpoint",
		Long: `Check every checksum of a container, and that its weights are numbers as
encoders write them. With --against, also measure what the encoding did to each
tensor of the checkpoint it was made from.

Examples:
  llada-convert verify llada.llada
  llada-convert verify llada.llada --against LLaDA-8B-Instruct
` + cli.ExitHelp,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runVerify(cmd.Context(), cmd.OutOrStdout(), args[0], against, g)
		},
	}
	cli.Input(c.Flags(), &against, "against", "", "the `checkpoint` to measure against")
	return c
}

// verification is the result of verify.
type verification struct {
	OK       bool              `json:"ok"`
	Sections []verifiedPart    `json:"sections"`
	Tensors  []*verifiedTensor `json:"tensors"`
}

type verifiedPart struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
}

// verifiedTensor has figures only with --against.
type verifiedTensor struct {
	verifiedPart
	*convert.Figures
}

func runVerify(ctx context.Context, out io.Writer, path, against string, g *cli.Globals) error {
	f, err := container.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	v := &verification{OK: true}
	bar := cli.NewProgress(f.Size(), g)
	damage := f.Verify(ctx, g.Threads, quant.Check, func(p container.Part, bytes int64, err error) {
		bar.Describe(shorten(cmp.Or(p.Name, p.Kind)))
		bar.Add(bytes)
		v.add(p, err == nil)
	})
	bar.Close()
	if damage != nil {
		// What is damaged has been found; anything else, such as an
		// interrupt, is no finding.
		var parse *formats.ParseError
		if !errors.As(damage, &parse) {
			return damage
		}
	} else if against != "" {
		if err := v.measure(ctx, f, path, against, g); err != nil {
			return err
		}
	}
	if g.JSON {
		err = cli.PrintJSON(out, v)
	} else {
		err = v.print(out, path, damage)
	}
	return errors.Join(damage, err)
}

// add sorts a part of the container into tensors and sections.
func (v *verification) add(p container.Part, ok bool) {
	v.OK = v.OK && ok
	result := verifiedPart{cmp.Or(p.Name, p.Kind), ok}
	if p.Kind == "tensor" {
		v.Tensors = append(v.Tensors, &verifiedTensor{verifiedPart: result})
		return
	}
	v.Sections = append(v.Sections, result)
}

// foreign says that a container was not made from a checkpoint.
func foreign(path, checkpoint string, err error) error {
	return &formats.ParseError{File: path, Offset: -1, Err: fmt.Errorf("was not made from %s: %w", checkpoint, err)}
}

// measure compares every tensor with the checkpoint.
func (v *verification) measure(ctx context.Context, f *container.File, path, checkpoint string, g *cli.Globals) error {
	// Where config.json is silent, the container's mask token is that of --mask-id.
	mask := f.Model().MaskID
	inventory, err := convert.Take(checkpoint, convert.Reading{MaskID: &mask})
	var other *convert.MaskError
	if errors.As(err, &other) {
		return foreign(path, checkpoint, other)
	} else if err != nil {
		return err
	}
	defer inventory.Close()
	steps, err := inventory.StepsOf(f.Infos())
	if err != nil {
		return foreign(path, checkpoint, err)
	}
	byName := map[string]*verifiedTensor{}
	for _, t := range v.Tensors {
		byName[t.Name] = t
	}
	bar := cli.NewProgress(f.Size(), g)
	defer bar.Close()
	for _, s := range steps {
		bar.Describe(shorten(s.In[0].Name))
		reports, err := s.Measure(ctx, inventory.Source, f, g.Threads)
		if err != nil {
			return f.Locate(err)
		}
		for _, r := range reports {
			figures := convert.FiguresOf(r.Errors)
			byName[r.Name].Figures = &figures
			f.Release(r.Name)
			bar.Add(r.Size)
		}
	}
	return nil
}

func (v *verification) print(out io.Writer, path string, damage error) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	measured := len(v.Tensors) > 0 && v.Tensors[0].Figures != nil
	if measured {
		fmt.Fprintln(t, "TENSOR\tRELATIVE RMS\tMAX ABS\tSNR dB")
		for _, i := range v.Tensors {
			snr := "exact"
			if i.SNR != nil {
				snr = fmt.Sprintf("%.2f", *i.SNR)
			}
			fmt.Fprintf(t, "%s\t%.3g\t%.3g\t%s\n", cli.Word(i.Name), i.RelativeRMS, i.MaxAbs, snr)
		}
		fmt.Fprintln(t)
	}
	for _, i := range v.Tensors {
		if !i.OK {
			fmt.Fprintf(t, "DAMAGED\ttensor %s\n", cli.Word(i.Name))
		}
	}
	for _, s := range v.Sections {
		if !s.OK {
			fmt.Fprintf(t, "DAMAGED\t%s\n", cli.Word(s.Name))
		}
	}
	if damage == nil {
		fmt.Fprintf(t, "%s: %d tensors and %d other parts are intact\n", path, len(v.Tensors), len(v.Sections))
	}
	return t.Flush()
}
