package arch_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/arch"
)

// small is a network of one layer with every feature.
func small() *arch.Arch {
	return &arch.Arch{
		Width: 8, Vocab: 10, Context: 16, NormEps: 1e-6, Block: 4,
		Layers: []arch.Layer{{
			Attention: arch.Attention{
				Heads: 4, KVHeads: 2, HeadDim: 6, RopeTheta: 10000, RopeDims: 4,
				Norm: "norm", Q: "q", K: "k", V: "v", Out: "o",
				QBias: "q.bias", KBias: "k.bias", VBias: "v.bias", QNorm: "q.norm", KNorm: "k.norm",
			},
			Dense: arch.Dense{Hidden: 12, Norm: "ff.norm", Gate: "gate", Up: "up", Down: "down"},
		}},
		Embed: "embed", FinalNorm: "final", OutHead: "head",
	}
}

// TestFeatures: each feature brings its tensors, in the order of a pass, and
// none brings others.
func TestFeatures(t *testing.T) {
	all := strings.Fields("embed:embedding:10×8 norm:norm:8 q:linear:24×8 q.bias:bias:24 k:linear:12×8 k.bias:bias:12 v:linear:12×8 v.bias:bias:12 " +
		"q.norm:norm:6 k.norm:norm:6 o:linear:8×24 ff.norm:norm:8 gate:linear:12×8 up:linear:12×8 down:linear:8×12 final:norm:8 head:head:10×8")
	for _, c := range []struct {
		name   string
		change func(*arch.Arch)
		gone   []string
	}{
		{"all", func(*arch.Arch) {}, nil},
		{"no bias", func(a *arch.Arch) {
			at := &a.Layers[0].Attention
			at.QBias, at.KBias, at.VBias = "", "", ""
		}, []string{"q.bias", "k.bias", "v.bias"}},
		{"no head norm", func(a *arch.Arch) { a.Layers[0].Attention.QNorm, a.Layers[0].Attention.KNorm = "", "" }, []string{"q.norm", "k.norm"}},
		{"tied head", func(a *arch.Arch) { a.OutHead = a.Embed }, []string{"head"}},
		{"no blocks", func(a *arch.Arch) { a.Block = 0 }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := small()
			c.change(a)
			var got []string
			parameters := int64(0)
			for _, x := range a.Tensors() {
				shape := strings.ReplaceAll(strings.Trim(fmt.Sprint(x.Shape), "[]"), " ", "×")
				got = append(got, fmt.Sprintf("%s:%s:%s", x.Name, x.Role, shape))
				parameters += formats.Info{Shape: x.Shape}.Elements()
			}
			want := slices.DeleteFunc(slices.Clone(all), func(s string) bool {
				name, _, _ := strings.Cut(s, ":")
				return slices.Contains(c.gone, name)
			})
			if !slices.Equal(got, want) {
				t.Errorf("tensors\n%v, want\n%v", got, want)
			}
			if a.Parameters() != parameters {
				t.Errorf("%d parameters, want %d", a.Parameters(), parameters)
			}
		})
	}
}

// TestCheck: what no parser may let through, whatever its family.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*arch.Arch, *arch.Tokens)
		want   string
	}{
		{"good", func(*arch.Arch, *arch.Tokens) {}, ""},
		{"a block", func(a *arch.Arch, _ *arch.Tokens) { a.Block = 1 }, ""},
		{"no tokens said", func(_ *arch.Arch, k *arch.Tokens) { k.Mask, k.EOS = arch.None, nil }, ""},
		{"no layers", func(a *arch.Arch, _ *arch.Tokens) { a.Layers = nil }, "number of layers is 0"},
		{"negative block", func(a *arch.Arch, _ *arch.Tokens) { a.Block = -1 }, "block length is -1, want 0 or more"},
		{"queries normalized alone", func(a *arch.Arch, _ *arch.Tokens) { a.Layers[0].Attention.KNorm = "" }, "queries and keys must both be normalized, or neither"},
		{"keys normalized alone", func(a *arch.Arch, _ *arch.Tokens) { a.Layers[0].Attention.QNorm = "" }, "queries and keys must both be normalized, or neither"},
		{"no query bias", func(a *arch.Arch, _ *arch.Tokens) { a.Layers[0].Attention.QBias = "" }, "queries, keys and values must all have a bias, or none"},
		{"no key bias", func(a *arch.Arch, _ *arch.Tokens) { a.Layers[0].Attention.KBias = "" }, "must all have a bias, or none"},
		{"no value bias", func(a *arch.Arch, _ *arch.Tokens) { a.Layers[0].Attention.VBias = "" }, "must all have a bias, or none"},
		{"uneven heads", func(a *arch.Arch, _ *arch.Tokens) { a.Layers[0].Attention.KVHeads = 3 }, "4 heads are not a multiple of 3 key/value heads"},
		{"more columns rotate than there are", func(a *arch.Arch, _ *arch.Tokens) { a.Layers[0].Attention.RopeDims = 8 }, "8 of a head's 6 columns cannot rotate"},
		{"odd rotation", func(a *arch.Arch, _ *arch.Tokens) { a.Layers[0].Attention.RopeDims = 3 }, "3 of a head's 6 columns cannot rotate"},
		{"no rotation", func(a *arch.Arch, _ *arch.Tokens) { a.Layers[0].Attention.RopeDims = 0 }, "0 of a head's 6 columns cannot rotate"},
		{"base NaN", func(a *arch.Arch, _ *arch.Tokens) { a.Layers[0].Attention.RopeTheta = math.NaN() }, "rotary base NaN is below 1"},
		{"epsilon NaN", func(a *arch.Arch, _ *arch.Tokens) { a.NormEps = float32(math.NaN()) }, "norm epsilon NaN is not in (0, 1]"},
		{"a second layer", func(a *arch.Arch, _ *arch.Tokens) {
			a.Layers = append(a.Layers, a.Layers[0])
			a.Layers[1].Dense.Hidden = 0
		}, "feed-forward width is 0"},
		{"end token", func(_ *arch.Arch, k *arch.Tokens) { k.EOS = []int32{0, 10} }, "end token 10 is outside the vocabulary of 10"},
		{"mask token", func(_ *arch.Arch, k *arch.Tokens) { k.Mask = -2 }, "mask token -2 is outside the vocabulary of 10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			families := arch.Families{"Small": func(*arch.Config) (*arch.Arch, *arch.Tokens, error) {
				a, tokens := small(), &arch.Tokens{Mask: 9, EOS: []int32{0}}
				c.change(a, tokens)
				return a, tokens, nil
			}}
			a, _, err := families.Parse([]byte(`{"architectures":["Small"]}`))
			if c.want != "" {
				refused(t, err, c.want)
			} else if err != nil || a.Class != "Small" {
				t.Errorf("%+v, error %v", a, err)
			}
		})
	}
	_, _, err := arch.Families{"Small": nil, "Big": nil}.Parse([]byte(`{"architectures":["Other"]}`))
	refused(t, err, `unknown architecture "Other"; this version supports Big, Small`)
}

// TestMACs: by hand, for every part of a pass.
func TestMACs(t *testing.T) {
	a, _, err := parse(t, load(t, configTiny))
	if err != nil {
		t.Fatal(err)
	}
	const linear = 3_407_872 // 4·(4·256² + 3·768·256)
	for _, c := range []struct{ n, asked int }{{1, 0}, {10, 3}, {512, 512}} {
		n := float64(c.n)
		want := linear*n + 2*n*n*4*64*4 + float64(c.asked)*2048*256
		if got := a.MACs(c.n, c.asked); got != want {
			t.Errorf("%d tokens, %d asked: %v multiply-adds, want %v", c.n, c.asked, got, want)
		}
	}
	// Layers may differ, and queries may be wider than the model.
	s := small()
	s.Layers = append(s.Layers, s.Layers[0])
	s.Layers[1].Attention.Heads, s.Layers[1].Dense.Hidden = 2, 20
	want := 5*(24*8+2*12*8+8*24+3*12*8) + 5*(12*8+2*12*8+8*12+3*20*8) + 2*25*(24+12) + 2*10*8
	if got := s.MACs(5, 2); got != float64(want) {
		t.Errorf("%v multiply-adds, want %v", got, want)
	}
}
