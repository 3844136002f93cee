package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/arch"
	"llada/formats/chat"
	"llada/formats/container"
	"llada/formats/tokenizer"
	"llada/runtime/backend"
	"llada/runtime/cpu"
	"llada/runtime/model"
	"llada/runtime/sample"
)

// modelOptions say which model runs where.
type modelOptions struct {
	path        string
	device      string
	activations string
}

func (o *modelOptions) addFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.path, "model", "m", "", "the container `file`")
	f.StringVar(&o.device, "device", "auto", "where to compute: cpu, gpu, gpu:N or auto")
	f.StringVar(&o.activations, "activations", "int8", activationsHelp)
}

// activationsHelp is the help of --activations.
const activationsHelp = "what meets the weights: int8 (quantized ones), f32 (the exact path), or bf16 (bf16 ones, as the official model multiplies; others: f32)"

func checkActivations(a string) error {
	if a != "int8" && a != "bf16" && a != "f32" {
		return cli.Usagef("--activations is %q, want int8, bf16 or f32", a)
	}
	return nil
}

// cpuOptions are those of the backend.
func cpuOptions(threads int, activations string) cpu.Options {
	return cpu.Options{Threads: threads, Exact: activations != "int8", BF16: activations == "bf16"}
}

// loaded is a model with everything needed to talk to it.
type loaded struct {
	file      *container.File
	arch      *arch.Arch
	model     *model.Model
	backend   backend.Backend
	tokenizer *tokenizer.Tokenizer // nil: the container has none
	template  *chat.Template       // nil: the model has none
}

func (o *modelOptions) check() error {
	if o.path == "" {
		return cli.Usagef("no model: add -m FILE%s", container.Extension)
	}
	if err := checkActivations(o.activations); err != nil {
		return err
	}
	if o.device != "cpu" && o.device != "auto" {
		return cli.Usagef("--device is %q; this version computes on the cpu only", o.device)
	}
	return nil
}

// load maps the container and builds the model on it.
func (o *modelOptions) load(g *cli.Globals) (*loaded, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	f, err := container.Open(o.path)
	if err != nil {
		return nil, err
	}
	l := &loaded{file: f}
	if err := l.build(o, g); err != nil {
		l.close()
		return nil, o.locate(err)
	}
	return l, nil
}

func (l *loaded) build(o *modelOptions, g *cli.Globals) error {
	config, err := l.file.Section(container.SectionConfig)
	if err != nil {
		return err
	}
	if l.arch, err = arch.Parse(config); err != nil {
		return err
	}
	meta := l.file.Model()
	l.arch.MaskID = meta.MaskID
	for _, id := range append(meta.EndIDs, meta.MaskID) {
		if id < 0 || int(id) >= l.arch.Vocab {
			return fmt.Errorf("special token %d is outside the vocabulary of %d", id, l.arch.Vocab)
		}
	}
	if err := l.readTokenizer(); err != nil {
		return err
	}
	l.backend = cpu.New(cpuOptions(g.Threads, o.activations))
	l.model, err = model.Load(l.file, l.arch, l.backend)
	return err
}

func (l *loaded) readTokenizer() error {
	data, err := l.file.Optional(container.SectionTokenizer)
	if err != nil || data == nil {
		return err
	}
	if l.tokenizer, err = tokenizer.Parse(data); err != nil {
		return err
	}
	var files [3][]byte
	for i, name := range []string{container.SectionTokenizerConfig, container.SectionChatTemplate, "special_tokens_map.json"} {
		if files[i], err = l.file.Optional(name); err != nil {
			return err
		}
	}
	l.template, err = chat.FromConfig(files[0], files[1], files[2])
	return err
}

// locate names the container in errors of its parts: whatever is wrong with
// them, the file is not what it claims.
func (o *modelOptions) locate(err error) error {
	var p *formats.ParseError
	if errors.As(err, &p) && p.File == o.path {
		return err
	}
	return &formats.ParseError{File: o.path, Offset: -1, Err: err}
}

func (l *loaded) close() {
	if l.backend != nil {
		l.backend.Close()
	}
	l.file.Close()
}

func (l *loaded) sampler(o sample.Options) *sample.Sampler {
	return &sample.Sampler{
		Predictor: l.model,
		Tokens:    sample.Tokens{Mask: l.arch.MaskID, EOS: l.arch.EOSID, End: l.file.Model().EndIDs},
		Options:   o,
		Context:   l.arch.Context,
	}
}
