package container

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"llada/formats"
)

var ramp16 = []int8{-63, -51, -41, -31, -24, -17, -11, -5, 1, 6, 12, 18, 25, 33, 43, 54}

// samples are the tensors that the tests and the vector have: every encoding,
// shapes that need padding, a companion. Their bytes are arbitrary as far as the
// encodings allow that.
func samples() []formats.Tensor {
	infos := []formats.Info{
		{Name: "model.norm.weight", Encoding: formats.F32, Shape: []int{5}},
		{Name: "model.embed.weight", Encoding: formats.Q8, Shape: []int{7, 200}},
		{Name: "model.embed.weight#rows", Encoding: formats.BF16, Shape: []int{2, 200}, Replaces: []int32{3, 6}},
		{Name: "model.q.weight", Encoding: formats.Q4, Shape: []int{16, 256}, Codebook: ramp16},
		{Name: "model.head.weight", Encoding: formats.Q6, Shape: []int{16, 256}},
	}
	state := uint32(1)
	random := func() byte {
		state = state*1664525 + 1013904223 // Numerical Recipes' generator
		return byte(state >> 24)
	}
	scale := func(b []byte) { // bf16 between 2⁻⁷ and 2⁻⁶, either sign
		b[0], b[1] = random()&0x7f, 0x3c|random()&0x80
	}
	var out []formats.Tensor
	for _, i := range infos {
		i.Size, _ = DataSize(i.Encoding, i.Shape)
		b := make([]byte, i.Size)
		for j := range b {
			b[j] = random()
		}
		switch i.Encoding {
		case formats.F32:
			for j := 0; j < len(b); j += 4 {
				scale(b[j+2:])
			}
		case formats.BF16:
			for j := 0; j < len(b); j += 2 {
				scale(b[j:])
			}
		case formats.Q4, formats.Q6:
			for r := range 16 {
				scale(b[2*r:])
			}
			for j := 32; j < 160; j++ {
				if b[j] == 0x80 {
					b[j] = 0 // −128 must not be written
				}
			}
		case formats.Q8:
			for g := range 2 {
				for r := range 16 {
					if scale(b[2*(16*g+r):]); r >= i.Shape[0] {
						b[2*(16*g+r)], b[2*(16*g+r)+1] = 0, 0
					}
				}
			}
			for r := range 16 {
				for k := range 256 {
					if at := 64 + k/4*64 + 4*r + k%4; r >= i.Shape[0] || k >= i.Shape[1] {
						b[at] = 0
					} else if b[at] == 0x80 {
						b[at] = 0x81
					}
				}
			}
		}
		out = append(out, formats.Tensor{Info: i, Data: b})
	}
	return out
}

var sampleModel = Model{Class: "LLaDAModelLM", MaskID: 5, EndIDs: []int32{1, 2}}

func sampleSections() [][2]string {
	return [][2]string{
		{SectionConfig, `{"hidden_size": 200, "model_type": "llada"}` + "\n"},
		{SectionChatTemplate, strings.Repeat("{% for message in messages %}{{ message['content'] }}{% endfor %}\n", 4)},
		{"notes.unknown", ""},
	}
}

// fill writes the samples into w without committing.
func fill(t testing.TB, w *Writer) error {
	t.Helper()
	w.SetModel(sampleModel)
	for i, x := range samples() {
		out, err := w.Tensor(x.Info)
		if err != nil {
			return err
		}
		cut := len(x.Data) / (i + 2) // in two writes
		for _, b := range [][]byte{x.Data[:cut], x.Data[cut:]} {
			if _, err := out.Write(b); err != nil {
				return err
			}
		}
		if err := out.Close(); err != nil {
			return err
		}
	}
	for _, s := range sampleSections() {
		if err := w.Section(s[0], []byte(s[1])); err != nil {
			return err
		}
	}
	return nil
}

func writeSample(t testing.TB, path string) {
	t.Helper()
	w, err := Create(path, Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := fill(t, w); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.llada")
	writeSample(t, path)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if d := cmp.Diff(sampleModel, f.Model()); d != "" {
		t.Error(d)
	}
	if f.Version() != Current {
		t.Errorf("version %s", f.Version())
	}
	if info, _ := os.Stat(path); f.Size() != info.Size() {
		t.Errorf("size %d, file has %d", f.Size(), info.Size())
	}
	infos := f.Infos()
	for i, want := range samples() {
		got, err := f.Tensor(want.Name)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(want.Info) || !infos[i].Equal(want.Info) || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("tensor %q differs", want.Name)
		}
		f.Release(want.Name)
	}
	for _, s := range sampleSections() {
		got, err := f.Section(s[0])
		if err != nil || string(got) != s[1] {
			t.Errorf("section %q: %q, %v", s[0], got, err)
		}
	}
	if _, err := f.Section("absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent section: %v", err)
	}
	if _, err := f.Tensor("absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent tensor: %v", err)
	}
	for _, threads := range []int{0, 1, 3} {
		sum := int64(0)
		var parts []Part
		err := f.Verify(context.Background(), threads, nil, func(p Part, n int64, err error) {
			if err != nil {
				t.Error(err)
			}
			sum += n
			parts = append(parts, p)
		})
		if err != nil || sum != f.Size() {
			t.Errorf("verify: %v, covered %d of %d bytes", err, sum, f.Size())
		}
		if len(parts) != 1+5+3+2 || parts[1] != (Part{"tensor", "model.norm.weight"}) {
			t.Errorf("verify reported %v", parts)
		}
	}
}

func TestLayout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.llada")
	writeSample(t, path)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.tensors[0].Offset != headerSize || f.sections[0].Offset%sectionPage != 0 {
		t.Error("tensors or sections do not start on a page")
	}
	for _, e := range f.tensors {
		if e.Offset%alignment != 0 {
			t.Errorf("tensor %q at offset %d", e.Name, e.Offset)
		}
	}
	if f.Size()%alignment != 0 || f.foot.indexOffset%alignment != 0 {
		t.Error("index or footer is not aligned")
	}
}

func TestDeterministic(t *testing.T) {
	dir := t.TempDir()
	writeSample(t, filepath.Join(dir, "a"))
	writeSample(t, filepath.Join(dir, "b"))
	a, _ := os.ReadFile(filepath.Join(dir, "a"))
	b, _ := os.ReadFile(filepath.Join(dir, "b"))
	if len(a) == 0 || !bytes.Equal(a, b) {
		t.Error("the same calls gave different bytes")
	}
}

func TestOptional(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.llada")
	writeSample(t, path)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if data, err := f.Optional("no such section"); data != nil || err != nil {
		t.Errorf("a missing section: %q, %v", data, err)
	}
	name := f.Sections()[0].Name
	want, err := f.Section(name)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := f.Optional(name); err != nil || !bytes.Equal(data, want) {
		t.Errorf("section %s: %q, %v", name, data, err)
	}
}

// Check finds a damaged tensor by itself, and Verify shows the intact ones of a known
// layout to whoever knows their numbers.
func TestCheck(t *testing.T) {
	b := sampleBytes(t)
	f, err := openBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range f.Infos() {
		if err := f.Check(i.Name); err != nil {
			t.Error(err)
		}
	}
	b[f.tensors[0].Offset+7] ^= 1
	if err := f.Check("model.norm.weight"); !isParseError(err) || !strings.Contains(err.Error(), `offset 4096: tensor "model.norm.weight": damaged: checksum does not match`) {
		t.Errorf("a damaged tensor: %v", err)
	}
	if err := f.Check("model.nothing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an unknown tensor: %v", err)
	}
	f.tensors[2].Layout = "new"
	var shown []string
	err = f.Verify(context.Background(), 1, func(t formats.Tensor) error {
		shown = append(shown, t.Name)
		if t.Encoding == formats.Q6 {
			return errors.New("wrong numbers")
		}
		return nil
	}, func(p Part, _ int64, err error) {
		if want := strings.Contains(p.Name, "norm") || p.Name == "model.head.weight"; want != (err != nil) {
			t.Errorf("%s: %v", p, err)
		}
	})
	if !isParseError(err) || !strings.Contains(err.Error(), "norm") {
		t.Error(err)
	}
	if want := "model.embed.weight model.q.weight model.head.weight"; strings.Join(shown, " ") != want {
		t.Errorf("shown: %q, want %s", shown, want)
	}
}
