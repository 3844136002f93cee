package model_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"llada/formats"
	"llada/formats/arch"
	"llada/quant"
	"llada/runtime/backend"
	"llada/runtime/cpu"
	"llada/runtime/model"
)

// randomConfig is a small network with three query heads to each key head and
// no dimension that fills a tile.
const randomConfig = `{"architectures": ["LLaDAModelLM"], "n_layers": 2, "d_model": 60,
	"n_heads": 6, "n_kv_heads": 2, "max_sequence_length": 24, "rms_norm_eps": 1e-5,
	"rope_theta": 500000.0, "mask_token_id": 70, "eos_token_id": 69, "mlp_hidden_size": 90,
	"vocab_size": 71, "embedding_size": 71, "block_type": "llama", "block_group_size": 1,
	"activation_type": "silu", "layer_norm_type": "rms", "layer_norm_with_affine": true,
	"bias_for_layer_norm": false, "attention_layer_norm": false, "rope": true,
	"rope_full_precision": true, "alibi": false, "include_bias": false,
	"include_qkv_bias": false, "input_emb_norm": false, "scale_logits": false,
	"weight_tying": false}`

func randomArch(t testing.TB) *arch.Arch {
	t.Helper()
	a, _, err := arch.Parse([]byte(randomConfig))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// memory is a source of tensors in memory.
type memory struct {
	order   []string
	tensors map[string]formats.Tensor
	values  map[string][]float32 // what each tensor decodes to
}

func (m *memory) Infos() []formats.Info {
	var list []formats.Info
	for _, name := range m.order {
		list = append(list, m.tensors[name].Info)
	}
	return list
}

func (m *memory) Tensor(name string) (formats.Tensor, error) {
	t, ok := m.tensors[name]
	if !ok {
		return t, fmt.Errorf("memory: no tensor %s", name)
	}
	return t, nil
}

func (m *memory) Close() error { return nil }

// add encodes w, [rows][cols], under a name.
func (m *memory) add(t testing.TB, name string, e formats.Encoding, w []float32, shape ...int) {
	t.Helper()
	c, err := quant.Default(e)
	if err != nil {
		t.Fatal(err)
	}
	x := formats.Tensor{Info: formats.Info{Name: name, Encoding: e, Shape: shape}}
	if e == formats.Q4 {
		x.Codebook = quant.GaussCodebook[:]
	}
	rows, cols := x.Rows(), x.Cols()
	for r := 0; r < rows; r += quant.TileRows {
		n := min(quant.TileRows, rows-r)
		group := make([]byte, c.Size(n, cols))
		c.EncodeGroup(group, w[r*cols:(r+n)*cols], n, cols, nil)
		x.Data = append(x.Data, group...)
	}
	x.Size = int64(len(x.Data))
	v := make([]float32, rows*cols)
	for r := range rows {
		c.DecodeRow(v[r*cols:(r+1)*cols], x.Data, cols, r)
	}
	if _, ok := m.tensors[name]; !ok {
		m.order = append(m.order, name)
	}
	m.tensors[name], m.values[name] = x, v
}

// random makes every tensor of a; encode chooses the encoding by role.
func random(t testing.TB, a *arch.Arch, encode func(arch.Role) formats.Encoding) *memory {
	t.Helper()
	m := &memory{tensors: map[string]formats.Tensor{}, values: map[string][]float32{}}
	rng := rand.New(rand.NewPCG(3, 5))
	for _, s := range a.Tensors() {
		w := make([]float32, formats.Info{Shape: s.Shape}.Elements())
		for i := range w {
			switch s.Role {
			case arch.Norm:
				w[i] = float32(1 + 0.2*rng.NormFloat64())
			case arch.Bias:
				w[i] = float32(rng.NormFloat64() * 0.5)
			case arch.Embedding:
				w[i] = float32(rng.NormFloat64())
			default:
				w[i] = float32(rng.NormFloat64() * 0.2)
			}
		}
		m.add(t, s.Name, encode(s.Role), w, s.Shape...)
	}
	return m
}

func plain(arch.Role) formats.Encoding { return formats.F32 }

// mixed uses every encoding.
func mixed(r arch.Role) formats.Encoding {
	switch r {
	case arch.Embedding:
		return formats.Q8
	case arch.Linear:
		return formats.Q4
	case arch.Head:
		return formats.Q6
	}
	return formats.BF16
}

func load(t testing.TB, src formats.Source, a *arch.Arch, exact bool) *model.Model {
	t.Helper()
	return loadWith(t, src, a, exact, model.Options{})
}

func loadWith(t testing.TB, src formats.Source, a *arch.Arch, exact bool, o model.Options) *model.Model {
	t.Helper()
	be := cpu.New(cpu.Options{Threads: 2, Exact: exact})
	t.Cleanup(func() { be.Close() })
	m, err := model.Load(t.Context(), src, a, be, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func ids(n int, seed uint64) []int32 {
	rng := rand.New(rand.NewPCG(seed, 9))
	x := make([]int32, n)
	for i := range x {
		x[i] = int32(rng.IntN(71))
	}
	return x
}

func upTo(n int) []int32 {
	x := make([]int32, n)
	for i := range x {
		x[i] = int32(i)
	}
	return x
}

// seq is a sequence with every logit of the given rows asked; nil: all rows.
func seq(in []int32, rows ...int32) model.Seq {
	if rows == nil {
		rows = upTo(len(in))
	}
	return model.Seq{IDs: in, Asked: rows, Ask: backend.Ask{Logits: true}}
}

// logits runs sequences and returns the rows asked, one behind the other.
func logits(t testing.TB, m *model.Model, seqs ...model.Seq) [][]float32 {
	t.Helper()
	answers, err := m.Predict(t.Context(), seqs)
	if err != nil {
		t.Fatal(err)
	}
	return rowsOf(answers)
}

func rowsOf(answers []backend.Answer) [][]float32 {
	var rows [][]float32
	for _, a := range answers {
		rows = append(rows, a.Logits...)
	}
	return rows
}

// sameRows reports the first row whose bits differ.
func sameRows(t testing.TB, what string, got, want [][]float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d rows, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !slices.EqualFunc(got[i], want[i], func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
			t.Fatalf("%s: row %d differs", what, i)
		}
	}
}
