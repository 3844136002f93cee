package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"llada/cmd/internal/cli"
	"llada/formats/arch"
	"llada/formats/container"
	"llada/runtime/asm"
	"llada/runtime/bundle"
	"llada/runtime/cpu"
)

func newInfoCommand(g *cli.Globals) *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "info [-m FILE]",
		Short: "Show what the machine offers and which kernels are chosen",
		Long: `Show the processor's features, the kernels chosen and the memory; with -m also
what a model needs of it.

Examples:
  llada-run info
  llada-run info -m llada.llada --json
` + cli.ExitHelp,
		RunE: func(cmd *cobra.Command, _ []string) error { return runInfo(cmd.OutOrStdout(), path, g) },
	}
	cli.Input(c.Flags(), &path, "model", "m", "the container `file`")
	return c
}

// machine is what info shows.
type machine struct {
	CPU       string     `json:"cpu"`
	Arch      string     `json:"arch"`
	Cores     int        `json:"cores"`
	Threads   int        `json:"threads"`
	Features  []string   `json:"features"`
	Kernels   string     `json:"kernels"`
	GPU       []string   `json:"gpu"`
	Memory    int64      `json:"memory_bytes"`           // 0: unknown
	Available int64      `json:"available_memory_bytes"` // 0: unknown
	Model     *modelInfo `json:"model,omitempty"`
}

type modelInfo struct {
	File       string `json:"file"`
	Class      string `json:"class"`
	Bytes      int64  `json:"bytes"`
	Parameters int64  `json:"parameters"`
	Context    int    `json:"context"`
	PassBytes  int64  `json:"pass_bytes"` // activations of a forward pass of 512 positions
}

func runInfo(out io.Writer, path string, g *cli.Globals) error {
	m := machine{
		CPU: cpuName(), Arch: runtime.GOOS + "/" + runtime.GOARCH,
		Cores: cpu.Cores(), Threads: g.Threads, Features: features(), Kernels: asm.Active(), GPU: []string{},
	}
	m.Memory, m.Available = memory()
	if path != "" {
		info, err := readModelInfo(path)
		if err != nil {
			return err
		}
		m.Model = info
	}
	if g.JSON {
		return cli.PrintJSON(out, m)
	}
	return m.print(out)
}

func readModelInfo(path string) (*modelInfo, error) {
	f, err := container.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, _, err := bundle.Describe(f, path, nil)
	if err != nil {
		return nil, err
	}
	return &modelInfo{
		File: path, Class: a.Class, Bytes: f.Size(), Parameters: a.Parameters(), Context: a.Context,
		PassBytes: passBytes(a, 512),
	}, nil
}

// passBytes is what the activations of n positions and the logits of one block
// take, in float32.
func passBytes(a *arch.Arch, n int) int64 {
	att, ff := &a.Layers[0].Attention, &a.Layers[0].Dense
	columns := 2*a.Width + 2*att.Width() + 4*att.KVWidth() + ff.Hidden
	return 4 * (int64(n)*int64(columns) + 64*int64(a.Vocab))
}

func (m machine) print(out io.Writer) error {
	unknown := func(n int64) string {
		if n == 0 {
			return "unknown"
		}
		return cli.Bytes(n)
	}
	fmt.Fprintf(out, "processor  %s, %s, %d cores, %d threads used\n", m.CPU, m.Arch, m.Cores, m.Threads)
	fmt.Fprintf(out, "features   %s\n", strings.Join(m.Features, " "))
	fmt.Fprintf(out, "kernels    %s\n", m.Kernels)
	fmt.Fprintf(out, "gpu        none used by this version\n")
	_, err := fmt.Fprintf(out, "memory     %s, %s available\n", unknown(m.Memory), unknown(m.Available))
	if i := m.Model; i != nil {
		_, err = fmt.Fprintf(out, "model      %s: %s, %s on disk, mapped; context %d\n           a forward pass of 512 positions adds %s\n",
			i.File, cli.Word(i.Class), cli.Bytes(i.Bytes), i.Context, cli.Bytes(i.PassBytes))
	}
	return err
}
