package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/formats/text"
	"llada/runtime/bundle"
	"llada/runtime/sample"
)

// generateOptions are the flags of generate.
type generateOptions struct {
	model  modelOptions
	sample samplingOptions

	prompt, system, ids string
	raw, trace          bool

	prompts, out  string
	force, resume bool
}

func (o *generateOptions) addFlags(f *pflag.FlagSet) {
	o.model.addFlags(f)
	o.model.addTextFlags(f)
	o.sample.addFlags(f)
	f.StringVarP(&o.prompt, "prompt", "p", "", "the `text` to answer; read from stdin when neither this nor --ids is given")
	f.StringVar(&o.system, "system", "", "a system message before the prompt")
	cli.Input(f, &o.ids, "ids", "", "a `file` with a JSON array of token ids instead of text")
	f.BoolVar(&o.raw, "raw", false, "do not apply the chat template")
	f.BoolVar(&o.trace, "trace", false, "with --json: also the positions committed in each step")
	cli.Input(f, &o.prompts, "prompts", "", "answer every line of this JSON Lines `file`")
	cli.Output(f, &o.out, "output", "o", "with --prompts: the JSON Lines `file` to write")
	f.BoolVar(&o.force, "force", false, "with --prompts: overwrite the output")
	f.BoolVar(&o.resume, "resume", false, "with --prompts: go on with an interrupted run")
}

func newGenerateCommand(g *cli.Globals) *cobra.Command {
	var o generateOptions
	c := &cobra.Command{
		Use:   "generate -m FILE [flags]",
		Short: "Answer a prompt",
		Long: `Answer a prompt, or every line of a file.

Without --steps, positions are decoded in parallel: in every forward pass each
token whose probability reaches --threshold, so that an answer takes a handful
of passes. With --steps N the official sampler runs, with exactly N steps.

A line of a --prompts file is {"prompt": TEXT}, {"messages": [{"role", "content"}]}
or {"ids": [...]}. It may have an "id", which its answer gets, and sampling options
of its own, by the names of the flags: "gen_length", "temperature", "seed". Answers
come in the same order; that to a line which cannot be answered holds the "error".
--resume goes on with an interrupted run of the same model, prompts and flags.

Examples:
  llada-run generate -m llada.llada --prompt "What is the capital of France?"
  echo "Write a haiku." | llada-run generate -m llada.llada --gen-length 64
  llada-run generate -m llada.llada --raw -p "$(cat prompt.txt)" --control-tokens text
  llada-run generate -m llada.llada -p "2+2?" --steps 128 --json --trace
  llada-run generate -m llada.llada --prompts questions.jsonl -o answers.jsonl
` + cli.ExitHelp,
		RunE: func(cmd *cobra.Command, _ []string) error { return runGenerate(cmd, &o, g) },
	}
	o.addFlags(c.Flags())
	return c
}

// generation is the JSON of one answer.
type generation struct {
	Text            string  `json:"text"`
	IDs             []int32 `json:"ids"`
	UsefulTokens    int     `json:"useful_tokens"`
	ForwardPasses   int     `json:"forward_passes"`
	Seconds         float64 `json:"seconds"`
	TokensPerSecond float64 `json:"tokens_per_second"`
	Committed       [][]int `json:"committed,omitempty"`
	Stop            string  `json:"stop"`
}

func runGenerate(cmd *cobra.Command, o *generateOptions, g *cli.Globals) error {
	options, err := o.sample.options(cmd.Flags())
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	if err := o.model.check(); err != nil {
		return err
	}
	if o.prompts != "" {
		return runPrompts(cmd, o, g)
	}
	r, err := o.request(cmd, g)
	if err != nil {
		return err
	}
	b, err := o.model.open(cmd.Context(), g)
	if err != nil {
		return err
	}
	defer b.Close()
	ids, err := r.encode(b, o.system, o.raw)
	if err != nil {
		return err
	}
	generation, err := sample.New(b.Generations(options), ids)
	if err != nil {
		return err
	}
	if g.JSON {
		answer, err := generate(cmd.Context(), b, generation, nil)
		if err != nil {
			return err
		}
		if !o.trace {
			answer.Committed = nil
		}
		return cli.PrintJSON(cmd.OutOrStdout(), answer)
	}
	if b.Tokenizer == nil {
		return fmt.Errorf("%s holds no tokenizer: add --json to get token ids", o.model.path)
	}
	p := newStream(cli.Stdout(), b.Tokenizer, b.Tokens, len(ids))
	answer, err := generate(cmd.Context(), b, generation, p.show)
	if err != nil {
		p.end()
		return err
	}
	if err := p.end(); err != nil {
		return err
	}
	if !g.Quiet && cli.Terminal(os.Stderr) {
		fmt.Fprintf(os.Stderr, "tokens: %d, forward passes: %d, %.2f s, %.1f tokens/s\n",
			answer.UsefulTokens, answer.ForwardPasses, answer.Seconds, answer.TokensPerSecond)
	}
	return nil
}

func (o *generateOptions) check() error {
	switch {
	case o.prompts == "" && (o.out != "" || o.force || o.resume):
		return cli.Usagef("-o, --force and --resume belong to --prompts")
	case o.prompts != "" && o.out == "":
		return cli.Usagef("--prompts needs -o OUT.jsonl")
	case o.prompts != "" && (o.prompt != "" || o.ids != ""):
		return cli.Usagef("--prompts excludes --prompt and --ids")
	case o.prompt != "" && o.ids != "":
		return cli.Usagef("--prompt and --ids exclude each other")
	case o.force && o.resume:
		return cli.Usagef("--force and --resume exclude each other")
	case o.ids != "" && o.system != "":
		return cli.Usage(errSystemIDs)
	}
	var err error
	o.system, err = flagText(o.system, "system")
	return err
}

// request is what the flags ask, or stdin.
func (o *generateOptions) request(cmd *cobra.Command, g *cli.Globals) (*request, error) {
	if o.ids != "" {
		ids, err := readIDs(o.ids)
		return &request{IDs: ids}, err
	}
	if cmd.Flags().Changed("prompt") {
		var err error
		o.prompt, err = flagText(o.prompt, "prompt")
		return &request{Prompt: &o.prompt}, err
	}
	if in, ok := cmd.InOrStdin().(*os.File); ok && cli.Terminal(in) {
		return nil, cli.Usagef("no prompt: add --prompt TEXT, or pipe it to stdin")
	}
	prompt, err := text.Read(cmd.InOrStdin(), "stdin")
	switch {
	case err == nil && prompt == "":
		return nil, cli.Usagef("stdin is empty: pipe a prompt to it, or add --prompt TEXT")
	case strings.Contains(prompt, "\r\n"):
		g.Note(text.CRLF("stdin"))
	}
	return &request{Prompt: &prompt}, err
}

// generate runs a generation, calling each, if not nil, with every step.
func generate(ctx context.Context, b *bundle.Bundle, g *sample.Generation, each func(sample.Event) error) (*generation, error) {
	start := time.Now()
	for e, err := range sample.Run(ctx, b, g) {
		if err == nil && each != nil {
			err = each(e)
		}
		if err != nil {
			return nil, err
		}
	}
	r := g.Result()
	a := &generation{
		IDs: r.IDs, UsefulTokens: r.Useful, ForwardPasses: r.ForwardPasses,
		Seconds: time.Since(start).Seconds(), Committed: r.Committed, Stop: r.Stop,
	}
	a.TokensPerSecond = float64(r.Useful) / a.Seconds
	if b.Tokenizer != nil {
		a.Text = b.Tokenizer.Decode(r.IDs[:r.Useful], true)
	}
	return a, nil
}
