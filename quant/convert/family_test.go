package convert

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/arch"
	"llada/formats/container"
)

// tied is a family of this test's own: two layers with biases and head norms,
// block-causal, its output head the embedding.
func tied(c *arch.Config) (*arch.Arch, *arch.Tokens, error) {
	a := &arch.Arch{Width: 64, Vocab: c.Int("vocab"), Context: 128, NormEps: 1e-6, Block: 4, Embed: "embed", FinalNorm: "norm", OutHead: "embed"}
	for n := range 2 {
		p := fmt.Sprintf("%d.", n)
		a.Layers = append(a.Layers, arch.Layer{
			Attention: arch.Attention{
				Heads: 4, KVHeads: 2, HeadDim: 32, RopeTheta: 10000, RopeDims: 32,
				Norm: p + "norm", Q: p + "q", K: p + "k", V: p + "v", Out: p + "o",
				QBias: p + "q.bias", KBias: p + "k.bias", VBias: p + "v.bias", QNorm: p + "q.norm", KNorm: p + "k.norm",
			},
			Dense: arch.Dense{Hidden: 96, Norm: p + "ff.norm", Gate: p + "gate", Up: p + "up", Down: p + "down"},
		})
	}
	return a, &arch.Tokens{Mask: c.Token("mask_token_id"), EOS: c.Tokens("eos"), TurnEnds: []string{"<|role_end|>", "<|eot_id|>", "<|endoftext|>"}}, c.Err()
}

var tiedFamily = arch.Families{"Tied": tied}

// takeTied is an inventory of the family with weights that are computed.
func takeTied(t *testing.T, keys string, files ...Section) (*Inventory, error) {
	t.Helper()
	config := `{"architectures":["Tied"],` + keys + `}`
	a, _, err := tiedFamily.Parse([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	m := &made{number: func(tensor string, row, col int) float32 {
		return float32((len(tensor)*31+row*7+col*3)%201-100) / 512
	}}
	for _, s := range a.Tensors() {
		m.infos = append(m.infos, formats.Info{Name: s.Name, Encoding: formats.F32, Shape: s.Shape})
	}
	return NewInventory("tied", append([]Section{{container.SectionConfig, []byte(config)}}, files...), m, Reading{Families: tiedFamily})
}

// TestOtherFamily: a family that this package has never heard of converts, its
// small tensors exactly, its embedding as an output head.
func TestOtherFamily(t *testing.T) {
	v, err := takeTied(t, `"vocab":200,"mask_token_id":198,"eos":3`)
	if err != nil {
		t.Fatal(err)
	}
	p := plan(t, v, policy(t, formats.Q4, formats.BF16, ""))
	outputs := p.Outputs()
	if o := outputs[0]; o.Name != "embed" || o.Role != arch.Embedding || o.Encoding != formats.Q6 || o.Why != "decides every token" {
		t.Errorf("embedding %+v", o)
	}
	if o := outputs[1]; o.Name != "embed#rows" || !slices.Equal(o.Replaces, []int32{3, 198}) {
		t.Errorf("companion %+v", o)
	}
	want := map[arch.Role]formats.Encoding{arch.Linear: formats.Q4, arch.Norm: formats.F32, arch.Bias: formats.F32}
	count := map[arch.Role]int{}
	for _, o := range outputs[2:] {
		count[o.Role]++
		if o.Encoding != want[o.Role] {
			t.Errorf("%s %s becomes %s", o.Role, o.Name, o.Encoding)
		}
	}
	if count[arch.Linear] != 14 || count[arch.Norm] != 9 || count[arch.Bias] != 6 {
		t.Errorf("roles %v", count)
	}
	path, reports := write(t, v, p, Run{Threads: 2})
	f := openContainer(t, path)
	if m := f.Model(); m.Class != "Tied" || m.MaskID != 198 || !slices.Equal(m.EndIDs, []int32{3}) {
		t.Errorf("model %+v", m)
	}
	steps, err := v.StepsOf(f.Infos())
	if err != nil {
		t.Fatal(err)
	}
	var again []Report
	for _, s := range steps {
		r, err := s.Measure(t.Context(), v.Source, f, 2)
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, r...)
	}
	for i, r := range reports {
		if again[i].Name != r.Name || again[i].Errors != r.Errors {
			t.Errorf("%s: measured %+v, reported %+v", r.Name, again[i], r.Errors)
		}
	}
}

// TestEndTokens: the end of the text comes first, then the ends of a turn that
// the tokenizer has, each once.
func TestEndTokens(t *testing.T) {
	data := read(t, filepath.Join(tinyLLaDA, "tokenizer.json"))
	v, err := takeTied(t, `"vocab":2048,"mask_token_id":198,"eos":2041`, Section{container.SectionTokenizer, data})
	if err != nil || !slices.Equal(v.Model.EndIDs, []int32{2041, 2045}) { // <|endoftext|> is 2041 itself
		t.Errorf("ends %v, error %v", v.Model.EndIDs, err)
	}
	_, err = takeTied(t, `"vocab":200,"mask_token_id":198`)
	var parse *formats.ParseError
	if !errors.As(err, &parse) || parse.File != filepath.Join("tied", "config.json") || !strings.Contains(err.Error(), "says no token that ends the text") {
		t.Errorf("no end: error %v", err)
	}
}

// method is one that a test makes up.
type method func(ctx context.Context, j *Job) error

func (method) Name() string { return "made up" }

func (m method) Convert(ctx context.Context, j *Job) error { return m(ctx, j) }

// TestMethod: a method owns the order of the steps, and must do each once.
func TestMethod(t *testing.T) {
	v, err := takeTied(t, `"vocab":200,"mask_token_id":198,"eos":3`)
	if err != nil {
		t.Fatal(err)
	}
	p := plan(t, v, policy(t, formats.Q4, "", ""))
	backwards := method(func(ctx context.Context, j *Job) error {
		for _, s := range slices.Backward(j.Plan.Steps) {
			reports, err := j.Do(ctx, s)
			if err != nil {
				return err
			}
			if len(reports) != len(s.Out) || reports[0].Name != s.Out[0].Name {
				t.Errorf("reports %+v of %+v", reports, s)
			}
		}
		return nil
	})
	want, reports := write(t, v, p, Run{Threads: 2})
	got, turned := write(t, v, p, Run{Threads: 2, Method: backwards})
	a, b := openContainer(t, want), openContainer(t, got)
	for _, i := range a.Infos() {
		if a.Checksum(i.Name) != b.Checksum(i.Name) {
			t.Errorf("%s differs", i.Name)
		}
	}
	if turned[0].Name != "norm" || len(turned) != len(reports) {
		t.Errorf("%d reports, from %s on", len(turned), turned[0].Name)
	}
	if recipe, err := b.Section(container.SectionRecipe); err != nil || !strings.Contains(string(recipe), `"method":"made up"`) {
		t.Errorf("recipe %.80s, error %v", recipe, err)
	}
	for _, c := range []struct {
		want string
		do   method
	}{
		{"tensor 0.v was not made", func(ctx context.Context, j *Job) error {
			for _, s := range j.Plan.Steps {
				if s.Out[0].Name == "0.v" {
					continue
				}
				if _, err := j.Do(ctx, s); err != nil {
					return err
				}
			}
			return nil
		}},
		{"tensor embed is made twice", func(ctx context.Context, j *Job) error {
			_, err := j.Do(ctx, j.Plan.Steps[0])
			if err == nil {
				_, err = j.Do(ctx, j.Plan.Steps[0])
			}
			return err
		}},
	} {
		out := filepath.Join(t.TempDir(), "out.llada")
		if _, err := p.Write(t.Context(), v, out, Run{Method: c.do}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
		nothingLeft(t, out)
	}
}

// TestStepOfSeveral: with several tensors in, an output is the one of its name.
func TestStepOfSeveral(t *testing.T) {
	v, err := takeTied(t, `"vocab":200,"mask_token_id":198,"eos":3`)
	if err != nil {
		t.Fatal(err)
	}
	var all Step
	for _, s := range plan(t, v, policy(t, formats.Q4, "", "")).Steps {
		all.In, all.Out = append(all.In, s.In...), append(all.Out, s.Out...)
	}
	for n, o := range all.Out {
		rows, err := all.Rows(v.Source, n)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]float32, o.Cols()), make([]float32, o.Cols())
		last := o.Info.Rows() - 1
		row, name := last, o.Name
		if o.Replaces != nil {
			row, name = int(o.Replaces[last]), "embed"
		}
		m, err := v.Source.Rows(name)
		if err := errors.Join(err, rows.Float32(got, last, 1), m.Float32(want, row, 1)); err != nil {
			t.Fatal(err)
		}
		if rows.Rows() != o.Info.Rows() || !slices.Equal(got, want) {
			t.Errorf("%s: other rows", o.Name)
		}
	}
	all.Out = append(all.Out, Output{Info: formats.Info{Name: "elsewhere", Shape: []int{2}}})
	if _, err := all.Rows(v.Source, len(all.Out)-1); err == nil || !strings.Contains(err.Error(), "the checkpoint has no elsewhere") {
		t.Errorf("error %v", err)
	}
}
