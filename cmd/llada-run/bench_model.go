package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/arch"
	"llada/formats/container"
	"llada/quant"
	"llada/runtime/backend"
)

// shapes are the networks that bench knows by name.
var shapes = map[string]arch.Arch{
	"llada-8b": {Layers: 32, Width: 4096, Heads: 32, KVHeads: 32, HeadDim: 128, Hidden: 12288, Vocab: 126464, Context: 4096,
		NormEps: 1e-5, RopeTheta: 5e5, MaskID: 126336, EOSID: 126081},
	"tiny": {Layers: 4, Width: 256, Heads: 4, KVHeads: 4, HeadDim: 64, Hidden: 768, Vocab: 2048, Context: 512,
		NormEps: 1e-5, RopeTheta: 5e5, MaskID: 2042, EOSID: 2041},
}

// arch is the network to measure.
func (o *benchOptions) arch() (*arch.Arch, error) {
	if o.path != "" {
		f, err := container.Open(o.path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return cli.Network(f, o.path)
	}
	if a, ok := shapes[o.shape]; ok {
		for n := range a.Layers {
			name := func(s string) string { return fmt.Sprintf("%d.%s", n, s) }
			a.Blocks = append(a.Blocks, arch.Block{
				AttnNorm: name("attn_norm"), Q: name("q"), K: name("k"), V: name("v"), Out: name("out"),
				FFNorm: name("ff_norm"), Gate: name("gate"), Up: name("up"), Down: name("down"),
			})
		}
		a.Embed, a.FinalNorm, a.OutHead = "embed", "norm", "head"
		return &a, nil
	}
	config, err := os.ReadFile(o.shape)
	if err != nil {
		return nil, cli.Usagef("--shape %q is neither llada-8b nor tiny nor a config.json: %w", o.shape, err)
	}
	return arch.Parse(config)
}

// source is the container, or random weights.
func (o *benchOptions) source() (formats.Source, *arch.Arch, error) {
	a, err := o.arch()
	if err != nil {
		return nil, nil, err
	}
	if o.path != "" {
		f, err := container.Open(o.path)
		return f, a, err
	}
	policy, err := quant.NewPolicy(formats.Encoding(o.encoding), "", "")
	if err != nil {
		return nil, nil, cli.Usage(err)
	}
	s := &randomSource{infos: map[string]formats.Info{}}
	for _, t := range a.Tensors() {
		e := formats.F32
		switch t.Role {
		case arch.Embedding:
			e = policy.Embed
		case arch.Head:
			e = policy.Head
		case arch.Linear:
			e = policy.Level
		}
		s.infos[t.Name] = formats.Info{Name: t.Name, Encoding: e, Shape: t.Shape}
	}
	return s, a, nil
}

// randomSource makes tensors as they are asked for.
type randomSource struct{ infos map[string]formats.Info }

func (s *randomSource) Infos() []formats.Info { return nil }
func (s *randomSource) Close() error          { return nil }

func (s *randomSource) Tensor(name string) (formats.Tensor, error) {
	return randomTensor(s.infos[name])
}

// randomTensor encodes 16 random rows and repeats them to the tensor's size:
// the speed of no kernel depends on the values.
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

func (t *timed) Head(ctx context.Context, w backend.Weight, x backend.Act, ask *backend.Ask) (*backend.Answer, error) {
	defer since(&t.linear, time.Now())
	return t.Backend.Head(ctx, w, x, ask)
}

func (t *timed) Attend(dst, q backend.Act, kv backend.KV, layer, heads, kvHeads int, spans []backend.Span) {
	defer since(&t.attention, time.Now())
	t.Backend.Attend(dst, q, kv, layer, heads, kvHeads, spans)
}
