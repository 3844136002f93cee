package bundle

import (
	"context"
	"errors"
	"fmt"

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

// Options say how a container is opened.
type Options struct {
	Device
	KV       backend.KVEncoding // of keys and values; "" is f32
	Families arch.Families      // nil: those of this version
	Control  ControlTokens      // where text has control tokens
	Note     func(string)       // takes what the user should know of a prompt; nil: nobody
}

// Device says where and how to compute.
type Device struct {
	Threads     int
	Activations Activations
	// Watch, if not nil, wraps the backend: to see or time the operations of a
	// pass.
	Watch func(backend.Backend) backend.Backend
}

// Activations say what meets the weights.
type Activations string

// The ways to multiply.
const (
	Int8 Activations = "int8" // quantized weights meet int8 activations (a8)
	F32  Activations = "f32"  // the exact path
	BF16 Activations = "bf16" // bf16 weights meet bf16 activations; others are as with F32
)

// Known reports whether there is such a way.
func (a Activations) Known() bool { return a == Int8 || a == F32 || a == BF16 }

// Backend starts the device.
func (d Device) Backend() backend.Backend {
	var be backend.Backend = cpu.New(cpu.Options{
		Threads: d.Threads, Exact: d.Activations != Int8, BF16: d.Activations == BF16,
	})
	if d.Watch != nil {
		be = d.Watch(be)
	}
	return be
}

// Bundle is an open model with everything needed to talk to it. It is used by one
// goroutine at a time.
type Bundle struct {
	Path      string
	File      *container.File
	Arch      *arch.Arch
	Model     *model.Model
	Tokens    sample.Tokens
	Tokenizer *tokenizer.Tokenizer // nil: the container has none
	Template  *chat.Template       // nil: the model has none

	backend  backend.Backend
	controls ControlTokens
	control  tokenizer.Control
	note     func(string)
	noticed  map[string]bool
}

var _ model.Holder = (*Bundle)(nil)

// Open maps the container at path and builds the model on a device.
func Open(ctx context.Context, path string, o Options) (*Bundle, error) {
	f, err := container.Open(path)
	if err != nil {
		return nil, err
	}
	b := &Bundle{Path: path, File: f, controls: o.Control, note: o.Note, noticed: map[string]bool{}}
	if err := b.open(ctx, o); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Bundle) open(ctx context.Context, o Options) error {
	var err error
	if b.Arch, b.Tokens, err = Describe(b.File, b.Path, o.Families); err != nil {
		return err
	}
	if err := b.Arch.Match(b.File.Infos(), nil); err != nil {
		return within(b.Path, err)
	}
	if err := b.readTokenizer(); err != nil {
		return err
	}
	if err := CheckSmall(b.File); err != nil {
		return err
	}
	b.backend = o.Backend()
	b.Model, err = model.Load(ctx, b.File, b.Arch, b.backend, model.Options{KV: o.KV})
	if errors.Is(err, backend.ErrNotFinite) {
		return within(b.Path, fmt.Errorf("%w: the file is damaged, convert the checkpoint again", err))
	} else if err != nil {
		return b.locate(err)
	}
	return nil
}

// Describe reads what network the container f, opened from path, says it holds, and
// the tokens that mean something to it. families may be nil.
func Describe(f *container.File, path string, families arch.Families) (*arch.Arch, sample.Tokens, error) {
	none := sample.Tokens{}
	config, err := f.Section(container.SectionConfig)
	if err != nil {
		return nil, none, err
	}
	a, _, err := families.Parse(config)
	if err != nil {
		return nil, none, within(path, err)
	}
	meta := f.Model()
	if len(meta.EndIDs) == 0 {
		return nil, none, within(path, errors.New("the index names no token that ends an answer"))
	}
	for _, id := range append([]int32{meta.MaskID}, meta.EndIDs...) {
		if id < 0 || int(id) >= a.Vocab {
			return nil, none, within(path, fmt.Errorf("special token %d is outside the vocabulary of %d", id, a.Vocab))
		}
	}
	return a, sample.Tokens{Mask: meta.MaskID, EOS: meta.EndIDs[0], End: meta.EndIDs}, nil
}

// within is the error of a part of the container: the file is not what it claims.
func within(path string, err error) error {
	return &formats.ParseError{File: path, Offset: -1, Err: err}
}

func (b *Bundle) readTokenizer() error {
	data, err := b.File.Optional(container.SectionTokenizer)
	if err != nil || data == nil {
		return err
	}
	if b.Tokenizer, err = tokenizer.Parse(data); err != nil {
		return within(b.Path, err)
	}
	var files [3][]byte
	for i, name := range []string{container.SectionTokenizerConfig, container.SectionChatTemplate, container.SectionSpecialTokens} {
		if files[i], err = b.File.Optional(name); err != nil {
			return err
		}
	}
	if b.Template, err = chat.FromConfig(files[0], files[1], files[2]); err != nil {
		return within(b.Path, err)
	}
	markup := ""
	if b.Template != nil {
		markup = b.Template.Markup()
	}
	b.control = b.Tokenizer.Control(markup)
	return nil
}

// locate names the container in an error of the device: the tensor whose pages
// could not be read, where that is the cause.
func (b *Bundle) locate(err error) error {
	if err == nil {
		return nil
	}
	if located := b.File.Locate(err); located != err {
		return located
	}
	return fmt.Errorf("%s: %w", b.Path, err)
}

// Predict is the model's; its errors name the container.
func (b *Bundle) Predict(ctx context.Context, seqs []model.Seq) ([]backend.Answer, error) {
	answers, err := b.Model.Predict(ctx, seqs)
	return answers, b.explain(err)
}

// Hold is the model's; its errors name the container.
func (b *Bundle) Hold(ctx context.Context, seqs []model.Seq) (model.Rows, error) {
	rows, err := b.Model.Hold(ctx, seqs)
	if err != nil {
		return nil, b.explain(err)
	}
	return held{b, rows}, nil
}

// held are rows whose errors name the container.
type held struct {
	b *Bundle
	model.Rows
}

func (h held) Answer(ctx context.Context, asks []backend.Ask) ([]backend.Answer, error) {
	answers, err := h.Rows.Answer(ctx, asks)
	return answers, h.b.explain(err)
}

// Close frees the model, ends the device and unmaps the container.
func (b *Bundle) Close() error {
	var errs []error
	if b.Model != nil {
		errs = append(errs, b.Model.Close())
	}
	if b.backend != nil {
		errs = append(errs, b.backend.Close())
	}
	return errors.Join(append(errs, b.File.Close())...)
}

// Generations is what generations with these options start from.
func (b *Bundle) Generations(o sample.Options) sample.Config {
	return sample.Config{Tokens: b.Tokens, Context: b.Arch.Context, Options: o}
}
