package bundle_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"llada/formats"
	"llada/formats/arch"
	"llada/quant/convert"
	"llada/runtime/bundle"
	"llada/runtime/model"
	"llada/runtime/sample"
)

// blockLM is all that the product must be told of the family in testdata/family:
// what its configuration means and what its tensors are called.
func blockLM(c *arch.Config) (*arch.Arch, *arch.Tokens, error) {
	a := &arch.Arch{
		Width: c.Int("hidden"), Vocab: c.Int("vocab"), Context: c.Int("positions"), NormEps: float32(c.Float("epsilon")),
		Block: c.Int("block"), Embed: "tok.weight", OutHead: "tok.weight", FinalNorm: "norm",
	}
	attention := arch.Attention{
		Heads: c.Int("heads"), KVHeads: c.Int("kv_heads"), HeadDim: c.Int("head_dim"),
		RopeTheta: c.Float("rotary_base"), RopeDims: c.Int("rotary_dims"),
	}
	for n := range c.Int("layers") {
		name := func(part string) string { return fmt.Sprintf("layer.%d.%s", n, part) }
		l := arch.Layer{Attention: attention}
		at := &l.Attention
		at.Norm, at.QNorm, at.KNorm = name("norm1"), name("attn.q_norm"), name("attn.k_norm")
		at.Q, at.K, at.V, at.Out = name("attn.q.weight"), name("attn.k.weight"), name("attn.v.weight"), name("attn.o.weight")
		at.QBias, at.KBias, at.VBias = name("attn.q.bias"), name("attn.k.bias"), name("attn.v.bias")
		l.Dense = arch.Dense{
			Hidden: c.Int("ff"), Norm: name("norm2"),
			Gate: name("mlp.gate.weight"), Up: name("mlp.up.weight"), Down: name("mlp.down.weight"),
		}
		a.Layers = append(a.Layers, l)
	}
	return a, &arch.Tokens{Mask: c.Token("mask_token_id"), EOS: c.Tokens("eos_token_id")}, c.Err()
}

var families = arch.Families{"BlockLM": blockLM}

// openFamily converts the family's checkpoint and opens it.
func openFamily(t *testing.T, level formats.Encoding, activations bundle.Activations) *bundle.Bundle {
	t.Helper()
	policy, err := convert.NewPolicy(level, "", "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "family.llada")
	o := convert.Options{Policy: policy, Run: convert.Run{Threads: 2}}
	o.Families = families
	if _, err := convert.File(t.Context(), "../../testdata/family", path, o); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(t.Context(), path, bundle.Options{Device: bundle.Device{Threads: 2, Activations: activations}, Families: families})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// A family that nothing knows is added by a parser: from its checkpoint to the
// golden logits, through conversion, container and forward pass, with and without
// a cache.
func TestSecondFamily(t *testing.T) {
	var golden struct {
		Cases []struct {
			IDs    []int32
			Logits [][]float64
		}
	}
	data, err := os.ReadFile("../../testdata/family/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &golden); err != nil || len(golden.Cases) == 0 {
		t.Fatalf("%d cases, %v", len(golden.Cases), err)
	}
	b := openFamily(t, formats.BF16, bundle.F32)
	pool, err := b.Model.NewPool(64)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, c := range golden.Cases {
		check := func(what string, from int, got [][]float32) {
			t.Helper()
			for i, row := range got {
				for j, v := range row {
					if d := math.Abs(float64(v) - c.Logits[from+i][j]); !(d <= 2e-4) {
						t.Fatalf("%s, %d tokens: logit [%d][%d] is %v, want %v", what, len(c.IDs), from+i, j, v, c.Logits[from+i][j])
					}
				}
			}
		}
		predict := func(s model.Seq) [][]float32 {
			t.Helper()
			for i := range s.IDs {
				s.Asked = append(s.Asked, int32(i))
			}
			s.Ask.Logits = true
			ans, err := b.Predict(t.Context(), []model.Seq{s})
			if err != nil {
				t.Fatal(err)
			}
			return ans[0].Logits
		}
		check("at once", 0, predict(model.Seq{IDs: c.IDs}))
		cache, err := pool.NewCache(len(c.IDs))
		if err != nil {
			t.Fatal(err)
		}
		for lo := 0; lo < len(c.IDs); lo += b.Arch.Block {
			s := model.Seq{IDs: c.IDs[lo:min(lo+b.Arch.Block, len(c.IDs))], Cache: cache}
			for i := range s.IDs {
				s.Pos = append(s.Pos, int32(lo+i))
			}
			check("block after block", lo, predict(s))
		}
		cache.Close()
	}
}

// The family's 4-bit file samples too, on the path that everyone takes.
func TestSecondFamilySamples(t *testing.T) {
	b := openFamily(t, formats.Q4, bundle.Int8)
	if b.Tokens.Mask != 66 || b.Tokens.EOS != 65 {
		t.Errorf("tokens %+v", b.Tokens)
	}
	g, err := sample.New(b.Generations(sample.Options{GenLength: 10, BlockLength: 5, Threshold: 0.9}), []int32{1, 2, 3, 4, 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range sample.Run(t.Context(), b, g) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range g.Result().IDs {
		if id < 0 || id == b.Tokens.Mask {
			t.Errorf("token %d of the answer is %d", i, id)
		}
	}
}
