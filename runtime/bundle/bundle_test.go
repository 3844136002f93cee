package bundle_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"llada/formats"
	"llada/formats/container"
	"llada/formats/mmap"
	"llada/formats/mmap/mmaptest"
	"llada/quant/convert"
	"llada/runtime/backend"
	"llada/runtime/bundle"
	"llada/runtime/model"
)

var int8Path = bundle.Options{Device: bundle.Device{Threads: 2, Activations: bundle.Int8}}

// made are containers of the small model, one per level, that tests do not change.
var made struct {
	sync.Mutex
	dir    string
	levels map[formats.Encoding]bool
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "bundle")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	made.dir, made.levels = dir, map[formats.Encoding]bool{}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// tiny is a container of the small model, not to be changed.
func tiny(t *testing.T, level formats.Encoding) string {
	t.Helper()
	made.Lock()
	defer made.Unlock()
	path := filepath.Join(made.dir, string(level)+".llada")
	if made.levels[level] {
		return path
	}
	policy, err := convert.NewPolicy(level, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := convert.File(t.Context(), "../../testdata/tiny-llada", path, convert.Options{Policy: policy, Run: convert.Run{Threads: 2}}); err != nil {
		t.Fatal(err)
	}
	made.levels[level] = true
	return path
}

// rewrite copies a container with another index and other tensors; what change
// returns for a tensor is written, and more behind the last.
func rewrite(t *testing.T, path string, meta func(*container.Model), change func(formats.Tensor) []formats.Tensor) string {
	t.Helper()
	return rewriteSections(t, path, meta, change, func(_ string, data []byte) []byte { return data })
}

// rewriteSections is rewrite with other sections too.
func rewriteSections(t *testing.T, path string, meta func(*container.Model), change func(formats.Tensor) []formats.Tensor, section func(name string, data []byte) []byte) string {
	t.Helper()
	f, err := container.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := filepath.Join(t.TempDir(), "changed.llada")
	w, err := container.Create(out, container.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	m := f.Model()
	if meta != nil {
		meta(&m)
	}
	w.SetModel(m)
	for _, s := range f.Sections() {
		data, err := f.Section(s.Name)
		if err == nil {
			err = w.Section(s.Name, section(s.Name, data))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range f.Infos() {
		x, err := f.Tensor(i.Name)
		if err != nil {
			t.Fatal(err)
		}
		list := []formats.Tensor{x}
		if change != nil {
			list = change(x)
		}
		for _, x := range list {
			tw, err := w.Tensor(x.Info)
			if err == nil {
				_, err = tw.Write(x.Data)
			}
			if err == nil {
				err = tw.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return out
}

func open(t *testing.T, path string, o bundle.Options) *bundle.Bundle {
	t.Helper()
	b, err := bundle.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func logits(t *testing.T, p model.Predictor, ids ...int32) [][]float32 {
	t.Helper()
	s := model.Seq{IDs: ids, Ask: backend.Ask{Logits: true}}
	for i := range ids {
		s.Asked = append(s.Asked, int32(i))
	}
	ans, err := p.Predict(t.Context(), []model.Seq{s})
	if err != nil {
		t.Fatal(err)
	}
	return ans[0].Logits
}

// The container's index has the word on special tokens, for whoever opens it.
func TestTokensOfTheIndex(t *testing.T) {
	path := rewrite(t, tiny(t, formats.Q4), func(m *container.Model) { m.MaskID, m.EndIDs = 2046, []int32{2045, 2041} }, nil)
	b := open(t, path, int8Path)
	if b.Tokens.Mask != 2046 || b.Tokens.EOS != 2045 || len(b.Tokens.End) != 2 || !b.Tokens.Ends(2041) {
		t.Errorf("tokens %+v", b.Tokens)
	}
	_, tokens, err := bundle.Describe(b.File, path, nil)
	if err != nil || tokens.Mask != b.Tokens.Mask || tokens.EOS != b.Tokens.EOS {
		t.Errorf("described tokens %+v, %v", tokens, err)
	}
}

// What is wrong with a container is damaged input that names it.
func TestOpenRefuses(t *testing.T) {
	path := tiny(t, formats.Q4)
	only := func(skip string) func(formats.Tensor) []formats.Tensor {
		return func(x formats.Tensor) []formats.Tensor {
			if x.Name == skip {
				return nil
			}
			return []formats.Tensor{x}
		}
	}
	const q = "model.transformer.blocks.2.q_proj.weight"
	for _, c := range []struct {
		name, want string
		meta       func(*container.Model)
		change     func(formats.Tensor) []formats.Tensor
	}{
		{"a mask token outside the vocabulary", "special token 2048 is outside the vocabulary of 2048", func(m *container.Model) { m.MaskID = 2048 }, nil},
		{"a negative mask token", "special token -1 is outside", func(m *container.Model) { m.MaskID = -1 }, nil},
		{"an end token outside the vocabulary", "special token 9999 is outside", func(m *container.Model) { m.EndIDs = append(m.EndIDs, 9999) }, nil},
		{"no end token", "names no token that ends an answer", func(m *container.Model) { m.EndIDs = nil }, nil},
		{"a missing tensor", "tensor " + q + " (linear, [256 256]) is missing", nil, only(q)},
		{"a tensor too many", "tensor \"surplus\" is not part of a LLaDAModelLM", nil, func(x formats.Tensor) []formats.Tensor {
			if x.Name != "model.transformer.ln_f.weight" {
				return []formats.Tensor{x}
			}
			y := x
			y.Name = "surplus"
			return []formats.Tensor{x, y}
		}},
	} {
		changed := rewrite(t, path, c.meta, c.change)
		_, err := bundle.Open(t.Context(), changed, int8Path)
		var p *formats.ParseError
		if !errors.As(err, &p) || p.File != changed || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// What is not the file's fault does not become damage of it.
func TestErrorsKeepTheirKind(t *testing.T) {
	path := tiny(t, formats.Q4)
	broken := errors.New("out of memory")
	o := int8Path
	closed := 0
	o.Watch = func(b backend.Backend) backend.Backend { return failing{b, broken, &closed} }
	_, err := bundle.Open(t.Context(), path, o)
	var p *formats.ParseError
	if !errors.Is(err, broken) || errors.As(err, &p) || !strings.HasPrefix(err.Error(), path+": ") {
		t.Errorf("a device that fails: error %v", err)
	}
	if closed != 1 {
		t.Errorf("the device was closed %d times", closed)
	}
	if _, err := bundle.Open(t.Context(), filepath.Join(t.TempDir(), "none"), int8Path); !errors.Is(err, fs.ErrNotExist) || errors.As(err, &p) {
		t.Errorf("no such file: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := bundle.Open(ctx, path, int8Path); !errors.Is(err, context.Canceled) || errors.As(err, &p) {
		t.Errorf("cancelled: error %v", err)
	}
}

// failing is a device without memory for weights.
type failing struct {
	backend.Backend
	err    error
	closed *int
}

func (f failing) Close() error {
	*f.closed++
	return f.Backend.Close()
}

func (f failing) Load(context.Context, formats.Tensor, ...formats.Tensor) (backend.Weight, error) {
	return nil, f.err
}

// What a bundle is opened with reaches the device and the model.
func TestOptions(t *testing.T) {
	path := tiny(t, formats.BF16)
	seen := map[float32]string{}
	for name, o := range map[string]bundle.Options{
		"float32 activations": {Device: bundle.Device{Threads: 1, Activations: bundle.F32}},
		"bf16 ones":           {Device: bundle.Device{Threads: 1, Activations: bundle.BF16}},
		"keys in int8":        {Device: bundle.Device{Threads: 1, Activations: bundle.F32}, KV: backend.KVInt8},
	} {
		b := open(t, path, o)
		x := logits(t, b, 1, 2, 3)[2][5]
		if other, ok := seen[x]; ok {
			t.Errorf("%s: the numbers of %s", name, other)
		}
		seen[x] = name
	}
	for a, want := range map[bundle.Activations]string{bundle.Int8: "int8 activations", bundle.F32: "float32 activations", bundle.BF16: "float32 activations, bf16"} {
		be := bundle.Device{Threads: 1, Activations: a}.Backend()
		if !strings.Contains(be.Name(), want) {
			t.Errorf("%s: the device is %s", a, be.Name())
		}
		be.Close()
	}
}

// Exact rows of any matrix are used: the file says so, and a reader must.
func TestExactRowsOfALinearWeight(t *testing.T) {
	const name = "model.transformer.blocks.1.attn_out.weight"
	path := tiny(t, formats.Q4)
	changed := rewrite(t, path, nil, func(x formats.Tensor) []formats.Tensor {
		if x.Name != name {
			return []formats.Tensor{x}
		}
		rows := formats.Tensor{Info: formats.Info{Name: name + formats.RowsSuffix, Encoding: formats.BF16, Shape: []int{2, 256}, Size: 2 * 2 * 256, Replaces: []int32{7, 200}}}
		rows.Data = make([]byte, rows.Size) // zeros
		return []formats.Tensor{x, rows}
	})
	before, after := logits(t, open(t, path, int8Path), 1, 2, 3), logits(t, open(t, changed, int8Path), 1, 2, 3)
	if before[0][0] == after[0][0] {
		t.Error("exact rows of a linear weight change nothing")
	}
}

// A container that shrinks while it is in use ends in an error that names it and
// the tensor that is lost, not in the program's end.
func TestShrunkenContainer(t *testing.T) {
	mmaptest.NeedsFaults(t)
	for _, activations := range []bundle.Activations{bundle.Int8, bundle.F32} {
		path := rewrite(t, tiny(t, formats.Q4), nil, nil) // a copy
		b := open(t, path, bundle.Options{Device: bundle.Device{Threads: 2, Activations: activations}})
		logits(t, b, 1, 2, 3)
		seqs := []model.Seq{{IDs: []int32{1, 2, 3}, Asked: []int32{0}}}
		rows, err := b.Hold(t.Context(), seqs)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 4096); err != nil {
			t.Fatal(err)
		}
		_, answer := rows.Answer(t.Context(), []backend.Ask{{Rows: 1, Logits: true}})
		_, predict := b.Predict(t.Context(), seqs)
		_, hold := b.Hold(t.Context(), seqs)
		for what, err := range map[string]error{"answer": answer, "predict": predict, "hold": hold} {
			var fault *mmap.Fault
			var p *formats.ParseError
			if !errors.As(err, &fault) || errors.As(err, &p) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `tensor "model.`) {
				t.Errorf("%s, %s: error %v", activations, what, err)
			}
		}
	}
}

// Bundles of other weights are comparable, those of other tokens are not; an
// identity tells contents apart.
func TestComparable(t *testing.T) {
	q4, q8 := open(t, tiny(t, formats.Q4), int8Path), open(t, tiny(t, formats.Q8), int8Path)
	if err := q4.Comparable(q8); err != nil {
		t.Error(err)
	}
	masked := open(t, rewrite(t, tiny(t, formats.Q4), func(m *container.Model) { m.MaskID = 2046 }, nil), int8Path)
	if err := q4.Comparable(masked); err == nil || !strings.Contains(err.Error(), "mask tokens 2046 and 2042") {
		t.Errorf("other mask tokens: error %v", err)
	}
	retokenized := open(t, rewriteSections(t, q4.Path, nil, nil, func(name string, data []byte) []byte {
		if name == container.SectionTokenizer {
			data = bytes.Replace(data, []byte(`"version": "1.0",`), nil, 1)
		}
		return data
	}), int8Path)
	if err := q4.Comparable(retokenized); err == nil || !strings.Contains(err.Error(), "tokenizers differ") {
		t.Errorf("other tokenizers: error %v", err)
	}
	x, err := q4.Identity()
	if err != nil {
		t.Fatal(err)
	}
	y, err := q8.Identity()
	if err != nil || x == y {
		t.Errorf("identities %s and %s, %v", x, y, err)
	}
	// What is beside the bytes of tensors decides figures too; their order does not.
	exact := func(row int32) func(formats.Tensor) []formats.Tensor {
		return func(x formats.Tensor) []formats.Tensor {
			if x.Name != "model.transformer.blocks.1.attn_out.weight" {
				return []formats.Tensor{x}
			}
			rows := formats.Tensor{Info: formats.Info{Name: x.Name + formats.RowsSuffix, Encoding: formats.BF16, Shape: []int{1, 256}, Size: 512, Replaces: []int32{row}}}
			rows.Data = make([]byte, rows.Size)
			return []formats.Tensor{x, rows}
		}
	}
	identities := map[string]string{x: "the container"}
	for name, b := range map[string]*bundle.Bundle{
		"another mask token": masked,
		"row 7":              open(t, rewrite(t, q4.Path, nil, exact(7)), int8Path),
		"row 8":              open(t, rewrite(t, q4.Path, nil, exact(8)), int8Path),
	} {
		id, err := b.Identity()
		if other, ok := identities[id]; ok || err != nil {
			t.Errorf("%s has the identity of %s, %v", name, other, err)
		}
		identities[id] = name
	}
	var first formats.Tensor
	moved := open(t, rewrite(t, q4.Path, nil, func(x formats.Tensor) []formats.Tensor {
		switch {
		case first.Name == "":
			first = x
			return nil
		case x.Name == "model.transformer.ln_f.weight":
			return []formats.Tensor{x, first}
		}
		return []formats.Tensor{x}
	}), int8Path)
	if id, err := moved.Identity(); err != nil || id != x {
		t.Errorf("the same tensors in another order: %s and %s, %v", x, id, err)
	}
	again, err := open(t, tiny(t, formats.Q4), int8Path).Identity()
	if err != nil || x != again {
		t.Errorf("the same conversion again: %s and %s, %v", x, again, err)
	}
}
