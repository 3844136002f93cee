package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/formats/journal"
	"llada/formats/output"
	"llada/runtime/bundle"
	"llada/runtime/score"
	"llada/runtime/score/corpus"
)

// maxSamples bounds the masks of a window, all of which are held at once.
const maxSamples = 1 << 16

// inputOptions say what is scored under which masks: the flags that score and
// compare share.
type inputOptions struct {
	text          string
	window        int
	windows       int
	prompt        string
	answer        string
	raw           bool
	masks         string
	saveMasks     string
	samples       int
	seed          uint64
	official      bool
	officialBatch int
	work          string
	force         bool
}

func (o *inputOptions) addFlags(f *pflag.FlagSet) {
	cli.Input(f, &o.text, "text", "", "score this text `file` (-: stdin), in windows")
	cli.Whole(f, &o.window, "window", 512, 1, maxPositions, "`tokens` of a window")
	cli.Whole(f, &o.windows, "windows", 0, 0, 1<<31-1, "score only this `number` of windows, drawn from all by the seed; 0: all")
	f.StringVarP(&o.prompt, "prompt", "p", "", "score an answer to this `text`")
	f.StringVar(&o.answer, "answer", "", "the `text` to score after --prompt")
	f.BoolVar(&o.raw, "raw", false, "do not apply the chat template to the prompt")
	cli.Input(f, &o.masks, "masks", "", "score the texts and masks of this mask set, a JSON Lines `file`")
	cli.Output(f, &o.saveMasks, "save-masks", "", "write the masks used to this JSON Lines `file`")
	cli.Whole(f, &o.samples, "samples", 8, 1, maxSamples, "`masks` per window or answer: pairs of a mask and its complement")
	cli.Seed(f, &o.seed, "seed", "`seed` of the masks")
	f.BoolVar(&o.official, "official", false, "draw masks as the official estimator does: batches of even counts, no complements")
	cli.Whole(f, &o.officialBatch, "mc-batch", 8, 1, maxSamples, "with --official: `masks` of a batch, a divisor of --samples")
	cli.Work(f, &o.work, "work", "keep partial results in this `folder`; the same command goes on from them",
		journalFile("score"), journalFile("choices"), journalFile("compare"), journalFile("prompts"))
	f.BoolVar(&o.force, "force", false, "overwrite outputs, and start again in --work")
}

func (o *inputOptions) check(f *pflag.FlagSet) error {
	kinds := 0
	for _, name := range []string{"text", "masks", "prompt"} {
		if f.Changed(name) {
			kinds++
		}
	}
	switch {
	case kinds == 0:
		return cli.Usagef("nothing to score: add --text FILE, --prompt TEXT --answer TEXT, or --masks FILE")
	case kinds > 1:
		return cli.Usagef("--text, --prompt and --masks exclude each other")
	case f.Changed("prompt") != f.Changed("answer"):
		return cli.Usagef("--prompt and --answer belong together")
	case f.Changed("answer") && o.answer == "":
		return cli.Usagef("--answer is empty")
	case o.text == "" && (f.Changed("window") || f.Changed("windows")):
		return cli.Usagef("--window and --windows belong to --text")
	case o.masks != "" && (f.Changed("samples") || f.Changed("seed") || o.official || o.saveMasks != ""):
		return cli.Usagef("--masks brings its own masks: no --samples, --seed, --official or --save-masks")
	}
	if err := o.cleanText(); err != nil {
		return err
	}
	return o.checkSamples(f)
}

// cleanText reads the texts that flags give.
func (o *inputOptions) cleanText() (err error) {
	if o.prompt, err = flagText(o.prompt, "prompt"); err != nil {
		return err
	}
	o.answer, err = flagText(o.answer, "answer")
	return err
}

func (o *inputOptions) checkSamples(f *pflag.FlagSet) error {
	switch {
	case f.Changed("mc-batch") && !o.official:
		return cli.Usagef("--mc-batch belongs to --official")
	case o.official && o.samples%o.officialBatch != 0:
		return cli.Usagef("--mc-batch is %d, want a divisor of --samples %d", o.officialBatch, o.samples)
	}
	return nil
}

// draw says which masks documents get.
func (o *inputOptions) draw() score.Draw {
	d := score.Draw{Seed: o.seed, Samples: o.samples}
	if o.official {
		d.Batch = o.officialBatch
	}
	return d
}

// corpus opens the input and checks all of it.
func (o *inputOptions) corpus(ctx context.Context, b *bundle.Bundle, g *cli.Globals) (*corpus.Corpus, error) {
	c, err := o.open(ctx, b)
	if err != nil {
		return nil, err
	}
	for _, n := range c.Notes {
		g.Note(n)
	}
	return c, nil
}

func (o *inputOptions) open(ctx context.Context, b *bundle.Bundle) (*corpus.Corpus, error) {
	limits := limitsOf(b)
	if o.masks != "" {
		return corpus.MaskSet(ctx, o.masks, tokenizerOf(b), limits)
	}
	if b.Tokenizer == nil {
		return nil, fmt.Errorf("%s holds no tokenizer: give a mask set of token ids (--masks)", b.Path)
	}
	if o.text != "" {
		if o.window > b.Arch.Context {
			return nil, cli.Usagef("--window is %d, above the model's context of %d", o.window, b.Arch.Context)
		}
		c, err := corpus.Windows(ctx, o.text, b, o.window, o.windows, o.draw(), limits)
		var short *corpus.ShortError
		if errors.As(err, &short) {
			err = cli.Usagef("%w: add --window %d, or score more text", err, short.Tokens)
		}
		return c, err
	}
	prompt, err := (&request{Prompt: &o.prompt}).encode(b, "", o.raw)
	if err != nil {
		return nil, err
	}
	answer, err := b.Encode(o.answer)
	if err != nil {
		return nil, err
	}
	return corpus.Answer(prompt, answer, b, o.draw(), limits)
}

func limitsOf(b *bundle.Bundle) corpus.Limits {
	return corpus.Limits{Vocab: b.Arch.Vocab, Mask: b.Tokens.Mask, Context: b.Arch.Context}
}

// tokenizerOf is the bundle's tokenizer, nil without one.
func tokenizerOf(b *bundle.Bundle) corpus.Tokenizer {
	if b.Tokenizer == nil {
		return nil
	}
	return b
}

// run goes over the corpus, with the journal and the mask set that the flags ask
// for. The first of the models is the reference, or the only one.
func (o *inputOptions) run(ctx context.Context, c *corpus.Corpus, kind string, run any, models []string, g *cli.Globals,
	item func(context.Context, score.Item) (*score.Record, error), done func(*score.Record)) error {
	records, err := o.journal(kind, run)
	if err != nil {
		return err
	}
	defer records.Close()
	masks, err := corpus.CreateMasks(o.saveMasks, o.write())
	if err != nil {
		return err
	}
	defer masks.Abort()
	bar := cli.NewCount(int64(c.Documents), g)
	defer bar.Close()
	r := corpus.Run{Journal: records, Masks: masks, Models: models, Item: item, Done: func(r *score.Record) {
		done(r)
		bar.Add(1)
	}}
	err = r.Over(ctx, c)
	var stopped *corpus.Stopped
	if errors.As(err, &stopped) {
		if err = stopped.Err; records != nil && errors.Is(err, context.Canceled) {
			err = fmt.Errorf("%w: %d of %d documents are in %s; the same command goes on", err, stopped.At, c.Documents, o.work)
		}
	}
	return err
}

// journalFile is the name, in the --work folder, of the records of a kind of run.
func journalFile(kind string) string { return kind + ".jsonl" }

// journal opens the records of a run in the --work folder; without one, nil.
func (o *inputOptions) journal(kind string, run any) (*journal.Journal, error) {
	if o.work == "" {
		return nil, nil
	}
	if err := os.MkdirAll(o.work, 0o777); err != nil {
		return nil, err
	}
	mode := journal.Resume
	if o.force {
		mode = journal.Restart
	}
	j, err := journal.Open(filepath.Join(o.work, journalFile(kind)), run, mode)
	if errors.Is(err, journal.ErrOther) {
		err = fmt.Errorf("%w: choose another --work folder, or add --force to start again", err)
	}
	return j, err
}

// inputRun is what, besides input and models, decides the figures of a run.
type inputRun struct {
	Window   int    `json:"window"`
	Windows  int    `json:"windows"`
	Samples  int    `json:"samples"`
	Batch    int    `json:"mc_batch"`
	Seed     uint64 `json:"seed"`
	Official bool   `json:"official"`
}

func (o *inputOptions) settings() inputRun {
	return inputRun{o.window, o.windows, o.samples, o.officialBatch, o.seed, o.official}
}

// write says how the outputs are written.
func (o *inputOptions) write() output.Options { return output.Options{Force: o.force, Stream: true} }

// checkOutputs refuses, before any work, what could not be written after it.
func (o *inputOptions) checkOutputs(paths ...string) error {
	for _, p := range paths {
		if p == "" {
			continue
		}
		if p == "-" {
			return cli.Usagef("standard output has the figures: name a file for --save-masks")
		}
		if err := output.Check(p, o.write()); err != nil {
			return err
		}
	}
	return nil
}
