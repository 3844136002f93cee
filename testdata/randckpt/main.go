// Command randckpt writes a LLaDA checkpoint with random weights.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"llada/testdata/checkpoint"
)

const help = `randckpt writes a LLaDA checkpoint with random weights: real names, shapes,
shards and config.json, Gaussian weights of deviation 0.02 in BF16.

usage: go run ./testdata/randckpt (--shape llada-8b | --config FILE) -o DIR [flags]

examples:
  # LLaDA-8B in its six shards: 16 GB
  go run ./testdata/randckpt --shape llada-8b --tokenizer testdata/tiny-llada -o /tmp/llada-8b

  # two layers of the 8B
  go run ./testdata/randckpt --shape llada-8b --layers 2 -o /tmp/two-layers

  # a small model with grouped-query attention, in three shards
  go run ./testdata/randckpt --config testdata/tiny-llada/config.json --kv-heads 2 --shards 3 -o /tmp/gqa

flags:
`

func main() {
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), help)
		flag.PrintDefaults()
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "randckpt:", err)
		os.Exit(1)
	}
}

func run() error {
	shape := flag.String("shape", "", "a known model: llada-8b")
	config := flag.String("config", "", "config.json of the model, instead of --shape")
	out := flag.String("o", "", "folder to write")
	layers := flag.Int("layers", 0, "number of layers, 0: as configured")
	kvHeads := flag.Int("kv-heads", 0, "number of key and value heads, 0: as configured")
	var o checkpoint.Options
	flag.IntVar(&o.Shards, "shards", 0, "number of files, 0: as many as keep each under 3 GB")
	flag.Uint64Var(&o.Seed, "seed", 0, "seed of the weights")
	flag.StringVar(&o.Tokenizer, "tokenizer", "", "folder to copy the tokenizer's files from")
	flag.Parse()

	c, err := model(*shape, *config)
	if err != nil {
		return err
	}
	if *out == "" || flag.NArg() > 0 {
		return fmt.Errorf("give the folder to write with -o, and nothing but flags")
	}
	if *layers != 0 {
		c = c.With("n_layers", *layers)
	}
	if *kvHeads != 0 {
		c = c.With("n_kv_heads", *kvHeads)
	}
	var bytes int
	o.Progress = func(n int) { bytes += n }
	start := time.Now()
	if err := checkpoint.Write(*out, c, o); err != nil {
		return err
	}
	mb := float64(bytes) / 1e6
	fmt.Fprintf(os.Stderr, "%s: %.1f MB of weights, %.0f MB/s\n", *out, mb, mb/time.Since(start).Seconds())
	return nil
}

func model(shape, config string) (checkpoint.Config, error) {
	switch {
	case (shape == "") == (config == ""):
		return checkpoint.Config{}, fmt.Errorf("give one of --shape and --config; -h shows examples")
	case shape == "llada-8b":
		return checkpoint.LLaDA8B(), nil
	case shape != "":
		return checkpoint.Config{}, fmt.Errorf("unknown shape %q; known: llada-8b", shape)
	}
	text, err := os.ReadFile(config)
	if err != nil {
		return checkpoint.Config{}, err
	}
	c, err := checkpoint.ParseConfig(text)
	if err != nil {
		return c, fmt.Errorf("%s: %w", config, err)
	}
	return c, nil
}
