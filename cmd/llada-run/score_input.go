package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/formats/container"
	"llada/runtime/score"
)

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
	f.StringVar(&o.text, "text", "", "score this text `file`, in windows")
	f.IntVar(&o.window, "window", 512, "`tokens` of a window")
	f.IntVar(&o.windows, "windows", 0, "score only this `number` of windows, drawn from all by the seed; 0: all")
	f.StringVarP(&o.prompt, "prompt", "p", "", "score an answer to this `text`")
	f.StringVar(&o.answer, "answer", "", "the `text` to score after --prompt")
	f.BoolVar(&o.raw, "raw", false, "do not apply the chat template to the prompt")
	f.StringVar(&o.masks, "masks", "", "score the texts and masks of this mask set, a JSON Lines `file`")
	f.StringVar(&o.saveMasks, "save-masks", "", "write the masks used to this JSON Lines `file`")
	f.IntVar(&o.samples, "samples", 8, "`masks` per window or answer: pairs of a mask and its complement")
	f.Uint64Var(&o.seed, "seed", 0, "`seed` of the masks")
	f.BoolVar(&o.official, "official", false, "draw masks as the official estimator does: batches of even counts, no complements")
	f.IntVar(&o.officialBatch, "mc-batch", 8, "with --official: `masks` of a batch, a divisor of --samples")
	f.StringVar(&o.work, "work", "", "keep partial results in this `folder`; the same command goes on from them")
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
	case o.window < 1:
		return cli.Usagef("--window is %d, want at least 1", o.window)
	case o.windows < 0:
		return cli.Usagef("--windows is %d, want at least 0", o.windows)
	}
	return o.checkSamples(f)
}

func (o *inputOptions) checkSamples(f *pflag.FlagSet) error {
	switch {
	case o.samples < 1:
		return cli.Usagef("--samples is %d, want at least 1", o.samples)
	case f.Changed("mc-batch") && !o.official:
		return cli.Usagef("--mc-batch belongs to --official")
	case o.official && (o.officialBatch < 1 || o.samples%o.officialBatch != 0):
		return cli.Usagef("--mc-batch is %d, want a divisor of --samples %d", o.officialBatch, o.samples)
	}
	return nil
}

// draw makes the masks of one document.
func (o *inputOptions) draw(document uint64, n int) [][]int32 {
	if o.official {
		return score.Official(o.seed, document, n, o.samples, o.officialBatch)
	}
	return score.Pairs(o.seed, document, n, o.samples)
}

// group is how many consecutive masks are one independent draw, 0 if not known.
func (o *inputOptions) group() int {
	switch {
	case o.masks != "":
		return 0
	case o.official:
		return o.officialBatch
	}
	return 2
}

// document is a thing to score.
type document struct {
	score.Item
	bytes int // of its text; 0: not known
}

// corpus is everything to score, read again as often as it is iterated.
type corpus struct {
	documents int
	identity  string // a digest of the input
	items     iter.Seq2[document, error]
}

// corpus opens the input and checks all of it.
func (o *inputOptions) corpus(ctx context.Context, l *loaded) (*corpus, error) {
	switch {
	case o.masks != "":
		return o.maskSet(ctx, l)
	case o.text != "":
		return o.windowsOf(ctx, l)
	}
	return o.answered(l)
}

// answered is the corpus of one prompt and answer.
func (o *inputOptions) answered(l *loaded) (*corpus, error) {
	prompt, err := l.encode(&request{Prompt: &o.prompt}, "", o.raw)
	if err != nil {
		return nil, err
	}
	answer, err := l.tokenizer.Encode(o.answer)
	if err != nil {
		return nil, err
	}
	d := document{score.NewItem(append(prompt, answer...), len(prompt), o.draw(0, len(answer))), l.textBytes(answer)}
	if err := l.checkItem(d.Item); err != nil {
		return nil, fmt.Errorf("prompt and answer: %w", err)
	}
	return &corpus{1, digest(d.IDs, len(prompt)), func(yield func(document, error) bool) { yield(d, nil) }}, nil
}

// textBytes is the length of the text that tokens stand for, special tokens
// aside; 0 where that is not known.
func (l *loaded) textBytes(ids []int32) int {
	if l.tokenizer == nil {
		return 0
	}
	return len(l.tokenizer.Decode(ids, true))
}

func (l *loaded) checkItem(it score.Item) error {
	return it.Check(l.arch.Vocab, l.arch.MaskID, l.arch.Context)
}

// identity describes a container's content.
func (l *loaded) identity() (string, error) {
	h := sha256.New()
	for _, i := range l.file.Infos() {
		fmt.Fprintln(h, i.Name, i.Encoding, i.Shape, i.Size, l.file.Checksum(i.Name))
	}
	tokenizer, err := l.tokenizerDigest()
	return hex.EncodeToString(h.Sum(nil)) + tokenizer, err
}

// tokenizerDigest identifies the tokenizer, however its file is laid out; ""
// without one.
func (l *loaded) tokenizerDigest() (string, error) {
	data, err := l.file.Optional(container.SectionTokenizer)
	if err != nil || data == nil {
		return "", err
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return "", err
	}
	return digest(v), nil
}

// fileDigest identifies a file's content.
func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// digest identifies values.
func digest(values ...any) string {
	h := sha256.New()
	json.NewEncoder(h).Encode(values)
	return hex.EncodeToString(h.Sum(nil))
}

// settings are what, besides input and models, decides the figures of a run.
func (o *inputOptions) settings() any {
	return struct {
		Window, Windows, Samples, Batch int
		Seed                            uint64
		Official                        bool
	}{o.window, o.windows, o.samples, o.officialBatch, o.seed, o.official}
}

// checkOutputs refuses to overwrite files.
func (o *inputOptions) checkOutputs(paths ...string) error {
	for _, p := range paths {
		if p == "" || o.force {
			continue
		}
		if _, err := os.Lstat(p); err == nil {
			return fmt.Errorf("%s exists: add --force to overwrite it", p)
		}
	}
	return nil
}
