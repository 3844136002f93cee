package safetensors

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"llada/formats"
	"llada/formats/output"
)

func info(name string, e formats.Encoding, shape ...int) formats.Info {
	i := formats.Info{Name: name, Encoding: e, Shape: shape}
	i.Size = i.Elements() * int64(e.ElementBytes())
	return i
}

// onlyFiles checks the content of a folder by name.
func onlyFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, e := range list {
		have = append(have, e.Name())
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("files (-want +have):\n%s", d)
	}
}

func TestWriteRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.safetensors")
	infos := []formats.Info{
		info("z", formats.F32, 2, 3), info("a \"quoted\" <name>", formats.BF16, 5),
		info("empty", formats.F32, 0, 7), info("scalar", formats.F16),
	}
	data := make([]byte, 24+10+0+2)
	for i := range data {
		data[i] = byte(i + 1)
	}
	w, err := Create(path, infos, map[string]string{"format": "pt", "note": "ä"}, output.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for _, part := range [][]byte{data[:7], data[7:7], data[7:]} {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	onlyFiles(t, dir, "x.safetensors.partial")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	onlyFiles(t, dir, "x.safetensors")

	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := binary.LittleEndian.Uint64(raw); n%8 != 0 || !bytes.Equal(raw[8+n:], data) {
		t.Errorf("header of %d bytes, then %x", n, raw[8+n:])
	}
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !bytes.HasPrefix(raw[8:], []byte(`{"__metadata__":{"format":"pt","note":"ä"},`)) {
		t.Errorf("header %.80q", raw[8:])
	}
	for _, want := range infos {
		x, err := c.Tensor(want.Name)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(want.Shape, x.Shape) || x.Encoding != want.Encoding {
			t.Errorf("%s: %+v", want.Name, x.Info)
		}
		if !bytes.Equal(x.Data, data[:want.Size]) {
			t.Errorf("%s: %x", want.Name, x.Data)
		}
		data = data[want.Size:]
	}
}

func TestWriteReadAny(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringN(1, 12, -1), 0, 6, rapid.ID[string]).Draw(t, "names")
		var infos []formats.Info
		for _, name := range names {
			e := rapid.SampledFrom([]formats.Encoding{formats.F32, formats.F16, formats.BF16}).Draw(t, "encoding")
			infos = append(infos, info(name, e, rapid.SliceOfN(rapid.IntRange(0, 4), 0, 3).Draw(t, "shape")...))
		}
		w, err := Create(path, infos, nil, output.Options{Force: true})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		for i, info := range infos {
			if _, err := w.Write(bytes.Repeat([]byte{byte(i)}, int(info.Size))); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		c, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for i, info := range infos {
			x, err := c.Tensor(info.Name)
			if err != nil || !bytes.Equal(x.Data, bytes.Repeat([]byte{byte(i)}, int(info.Size))) {
				t.Fatalf("%q: %x, %v", info.Name, x.Data, err)
			}
		}
	})
}

func TestWriterLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.safetensors")
	infos := []formats.Info{info("a", formats.F32, 2), info("b", formats.F32, 2)}
	for _, c := range []struct {
		name  string
		bytes []int
		want  string
	}{
		{"short", []int{8, 3}, `x.safetensors: tensor "b": only 3 of 8 bytes written`},
		{"nothing", nil, `tensor "a": only 0 of 8 bytes written`},
		{"long", []int{16, 1}, "more data than the 16 bytes of its tensors"},
	} {
		w, err := Create(path, infos, nil, output.Options{Force: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range c.bytes {
			_, _ = w.Write(make([]byte, n))
		}
		for range 2 {
			if err := w.Close(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		}
		onlyFiles(t, dir)
	}
	w, err := Create(path, infos, nil, output.Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if _, err := w.Write([]byte{1}); err == nil {
		t.Error("write after abort succeeds")
	}
	onlyFiles(t, dir)
}

func TestCreateRefuses(t *testing.T) {
	wrong := info("a", formats.F32, 2)
	wrong.Size = 9
	for _, c := range []struct {
		name  string
		infos []formats.Info
		want  string
	}{
		{"packed", []formats.Info{{Name: "a", Encoding: formats.Q4}}, `tensor "a": safetensors files cannot hold "q4"`},
		{"twice", []formats.Info{info("a", formats.F32, 1), info("a", formats.F32, 1)}, "taken"},
		{"metadata", []formats.Info{info("__metadata__", formats.F32, 1)}, "taken"},
		{"not UTF-8", []formats.Info{info("\xff", formats.F32, 1)}, "not UTF-8"},
		{"negative", []formats.Info{info("a", formats.F32, -1)}, "is negative"},
		{"huge", []formats.Info{info("a", formats.F32, 1<<40, 1<<40)}, "is too large"},
		{"size", []formats.Info{wrong}, "shape [2] of F32 needs 8 bytes, not 9"},
	} {
		dir := t.TempDir()
		_, err := Create(filepath.Join(dir, "x"), c.infos, nil, output.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		onlyFiles(t, dir)
	}
}
