package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/container"
	"llada/formats/tokenizer"
	"llada/quant/convert"
	"llada/runtime/bundle"
)

func newInspectCommand(g *cli.Globals) *cobra.Command {
	return &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show what a container holds",
		Long: `Show what a container holds: model, tokenizer, recipe, tensors, checksums.

Examples:
  llada-convert inspect llada.llada
  llada-convert inspect llada.llada --json
` + cli.ExitHelp,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runInspect(cmd.OutOrStdout(), args[0], g)
		},
	}
}

// contents is everything that inspect shows.
type contents struct {
	File          string             `json:"file"`
	Bytes         int64              `json:"bytes"`
	Version       string             `json:"version"`
	Model         container.Model    `json:"model"`
	Parameters    int64              `json:"parameters"`
	BitsPerWeight float64            `json:"bits_per_weight"`
	Layers        int                `json:"layers"`
	Width         int                `json:"width"`
	Heads         int                `json:"heads"`
	KVHeads       int                `json:"kv_heads"`
	Hidden        int                `json:"hidden"`
	Vocab         int                `json:"vocab"`
	Context       int                `json:"context"`
	Tokens        int                `json:"tokenizer_tokens"` // 0: no tokenizer
	Recipe        *convert.Recipe    `json:"recipe"`
	Sections      []inspectedSection `json:"sections"`
	Tensors       []inspectedTensor  `json:"tensors"`
}

type inspectedSection struct {
	Name     string `json:"name"`
	Bytes    int64  `json:"bytes"`
	RawBytes int64  `json:"raw_bytes"`
	CRC32C   string `json:"crc32c"`
}

type inspectedTensor struct {
	Name     string           `json:"name"`
	Encoding formats.Encoding `json:"encoding"`
	Shape    []int            `json:"shape"`
	Bytes    int64            `json:"bytes"`
	CRC32C   string           `json:"crc32c"`
	SNR      *float64         `json:"snr_db"`
}

func runInspect(out io.Writer, path string, g *cli.Globals) error {
	f, err := container.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	c, err := look(f, path)
	if err != nil {
		return err
	}
	if g.JSON {
		return cli.PrintJSON(out, c)
	}
	return c.print(out)
}

func look(f *container.File, path string) (*contents, error) {
	c := &contents{File: path, Bytes: f.Size(), Version: f.Version().String(), Model: f.Model()}
	a, _, err := bundle.Describe(f, path, nil)
	if err != nil {
		return nil, err
	}
	c.Parameters = a.Parameters()
	first := &a.Layers[0]
	c.Layers, c.Width, c.Heads, c.KVHeads = len(a.Layers), a.Width, first.Attention.Heads, first.Attention.KVHeads
	c.Hidden, c.Vocab, c.Context = first.Dense.Hidden, a.Vocab, a.Context
	if data, err := f.Optional(container.SectionTokenizer); err != nil {
		return nil, err
	} else if data != nil {
		t, err := tokenizer.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		c.Tokens = t.Size()
	}
	if data, err := f.Optional(container.SectionRecipe); err != nil {
		return nil, err
	} else if data != nil {
		c.Recipe = &convert.Recipe{}
		if err := json.Unmarshal(data, c.Recipe); err != nil {
			return nil, &formats.ParseError{File: path, Offset: -1, Err: fmt.Errorf("section %s: %w", container.SectionRecipe, err)}
		}
	}
	snr := map[string]*float64{}
	if c.Recipe != nil {
		for _, t := range c.Recipe.Tensors {
			snr[t.Name] = t.SNR
		}
		c.Recipe.Tensors = nil // shown with the tensors
	}
	bytes := int64(0)
	for _, i := range f.Infos() {
		bytes += i.Size
		c.Tensors = append(c.Tensors, inspectedTensor{i.Name, i.Encoding, i.Shape, i.Size, crc(f.Checksum(i.Name)), snr[i.Name]})
	}
	c.BitsPerWeight = float64(bytes) * 8 / float64(c.Parameters)
	for _, s := range f.Sections() {
		c.Sections = append(c.Sections, inspectedSection{s.Name, s.Length, s.RawLength, crc(s.CRC32C)})
	}
	return c, nil
}

func crc(sum uint32) string { return fmt.Sprintf("%08x", sum) }

func (c *contents) print(out io.Writer) error {
	fmt.Fprintf(out, "%s: container version %s, %s\n\n", filepath.Base(c.File), c.Version, cli.Bytes(c.Bytes))
	fmt.Fprintf(out, "model      %s, %s parameters, %.3f bits per weight\n", cli.Word(c.Model.Class), thousands(c.Parameters), c.BitsPerWeight)
	fmt.Fprintf(out, "           %d layers, width %d, %d heads (%d key/value), feed-forward %d, context %d\n",
		c.Layers, c.Width, c.Heads, c.KVHeads, c.Hidden, c.Context)
	if c.Tokens > 0 {
		fmt.Fprintf(out, "tokenizer  %d tokens for %d rows, mask %d, ends %v\n", c.Tokens, c.Vocab, c.Model.MaskID, c.Model.EndIDs)
	} else {
		fmt.Fprintf(out, "tokenizer  none, %d rows, mask %d, ends %v\n", c.Vocab, c.Model.MaskID, c.Model.EndIDs)
	}
	if r := c.Recipe; r != nil {
		fmt.Fprintf(out, "recipe     %s, method %s: linear %s (%.4f bits), embedding %s, head %s\n",
			cli.Word(r.Tool), cli.Word(r.Method), cli.Word(string(r.Level)), r.LinearBits, cli.Word(string(r.Embed)), cli.Word(string(r.Head)))
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TENSOR\tENCODING\tSHAPE\tBYTES\tSNR dB\tCRC-32C")
	for _, i := range c.Tensors {
		snr := "exact"
		if i.SNR != nil {
			snr = fmt.Sprintf("%.2f", *i.SNR)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\n", cli.Word(i.Name), i.Encoding, shape(i.Shape), i.Bytes, snr, i.CRC32C)
	}
	fmt.Fprintln(t, "\t\t\t\t\t\nSECTION\t\t\tBYTES\tRAW\tCRC-32C")
	for _, s := range c.Sections {
		fmt.Fprintf(t, "%s\t\t\t%d\t%d\t%s\n", cli.Word(s.Name), s.Bytes, s.RawBytes, s.CRC32C)
	}
	return t.Flush()
}
