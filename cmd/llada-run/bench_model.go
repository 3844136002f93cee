package main

import (
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/arch"
	"llada/formats/container"
	"llada/quant"
	"llada/quant/convert"
	"llada/runtime/backend"
	"llada/runtime/bundle"
)

// shapes are the configurations of the networks that bench knows by name.
//
//go:embed shapes/*.json
var shapes embed.FS

// benchModel is the network to measure, and where its weights come from.
type benchModel struct {
	formats.Source
	arch   *arch.Arch
	mask   int32
	locate func(error) error // names the file of the weights in an error of theirs
}

// network is the container's, or one that is described without weights.
func (o *benchOptions) network() (*benchModel, error) {
	if o.path != "" {
		f, err := container.Open(o.path)
		if err != nil {
			return nil, err
		}
		a, tokens, err := bundle.Describe(f, o.path, nil)
		if err == nil {
			err = bundle.CheckSmall(f)
		}
		if err != nil {
			f.Close()
			return nil, err
		}
		return &benchModel{f, a, tokens.Mask, func(err error) error { return bundle.Explain(f, o.path, err) }}, nil
	}
	config, err := shapes.ReadFile("shapes/" + o.shape + ".json")
	if err != nil {
		if config, err = formats.ReadFile(o.shape, container.Limit(container.SectionConfig)); err != nil {
			return nil, cli.Usagef("--shape %q is neither llada-8b nor tiny nor a config.json: %w", o.shape, err)
		}
	}
	a, tokens, err := arch.Parse(config)
	if err != nil {
		if parse := (*formats.ParseError)(nil); errors.As(err, &parse) {
			parse.File = o.shape
		}
		return nil, err
	}
	m := &benchModel{arch: a, mask: max(tokens.Mask, 0), locate: func(err error) error { return err }}
	m.Source, err = o.random(a)
	return m, err
}

// random makes weights for a network.
func (o *benchOptions) random(a *arch.Arch) (formats.Source, error) {
	policy, err := convert.NewPolicy(formats.Encoding(o.encoding), "", "")
	if err != nil {
		return nil, cli.Usage(err)
	}
	s := &randomSource{infos: map[string]formats.Info{}}
	for _, t := range a.Tensors() {
		e, _ := policy.Encoding(t.Role, a.OutHead == a.Embed)
		s.infos[t.Name] = formats.Info{Name: t.Name, Encoding: e, Shape: t.Shape}
	}
	return s, nil
}

// randomSource makes tensors as they are asked for.
type randomSource struct{ infos map[string]formats.Info }

func (s *randomSource) Infos() []formats.Info { return nil }
func (s *randomSource) Close() error          { return nil }

func (s *randomSource) Tensor(name string) (formats.Tensor, error) {
	return randomTensor(s.infos[name])
}

// randomTensor encodes 16 random rows and repeats them to the tensor's size, for
// which there must be memory: the speed of no kernel depends on the values.
func randomTensor(i formats.Info) (formats.Tensor, error) {
	c, err := quant.Default(i.Encoding)
	if err != nil {
		return formats.Tensor{}, err
	}
	if i.Encoding == formats.Q4 {
		i.Codebook = quant.GaussCodebook[:]
	}
	rows, cols := i.Rows(), i.Cols()
	n := min(rows, quant.TileRows)
	group := make([]byte, c.Size(n, cols))
	c.EncodeGroup(group, randomRow(n*cols, 1), n, cols, nil)
	i.Size = c.Size(rows, cols)
	if _, free := memory(); free > 0 && i.Size > free {
		return formats.Tensor{}, fmt.Errorf("random weights of %d × %d as %s take %s, and %s of memory are free: choose a smaller --shape or --encoding",
			rows, cols, i.Encoding, cli.Bytes(i.Size), cli.Bytes(free))
	}
	data := make([]byte, i.Size)
	for at := 0; at < len(data); at += len(group) {
		copy(data[at:], group)
	}
	return formats.Tensor{Info: i, Data: data}, nil
}

// randomRow is Gaussian noise of the size of a network's weights.
func randomRow(n int, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, binary.LittleEndian.Uint64([]byte("random  "))))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64()) / float32(math.Sqrt(4096))
	}
	return x
}

// timed adds up where a backend's time goes.
type timed struct {
	backend.Backend
	linear, attention time.Duration
}

func (t *timed) reset() { t.linear, t.attention = 0, 0 }

func (t *timed) breakdown(total time.Duration) breakdown {
	b := breakdown{Linear: t.linear.Seconds() / total.Seconds(), Attention: t.attention.Seconds() / total.Seconds()}
	b.Other = 1 - b.Linear - b.Attention
	return b
}

func since(sum *time.Duration, start time.Time) { *sum += time.Since(start) }

func (t *timed) Linear(dst []backend.Act, w []backend.Weight, x backend.Act) {
	defer since(&t.linear, time.Now())
	t.Backend.Linear(dst, w, x)
}

func (t *timed) LinearAdd(dst backend.Act, w backend.Weight, x backend.Act) {
	defer since(&t.linear, time.Now())
	t.Backend.LinearAdd(dst, w, x)
}

func (t *timed) Gated(dst backend.Act, gate, up backend.Weight, x backend.Act) {
	defer since(&t.linear, time.Now())
	t.Backend.Gated(dst, gate, up, x)
}

func (t *timed) Head(w backend.Weight, x backend.Act) {
	defer since(&t.linear, time.Now())
	t.Backend.Head(w, x)
}

func (t *timed) Attend(dst, q backend.Act, kv backend.KV, layer, heads int) {
	defer since(&t.attention, time.Now())
	t.Backend.Attend(dst, q, kv, layer, heads)
}
