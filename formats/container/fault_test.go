package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/mmap"
	"llada/formats/mmap/mmaptest"
)

// big writes a container whose tensors and section span several pages each.
func big(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "big.llada")
	w, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	w.SetModel(sampleModel)
	page := max(os.Getpagesize(), headerSize)
	for _, name := range []string{"first", "second"} {
		out, err := w.Tensor(formats.Info{Name: name, Encoding: formats.F32, Shape: []int{4 * page}, Size: int64(16 * page)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(bytes.Repeat([]byte{1, 2, 3, 4}, 4*page)); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	noise := make([]byte, 4*page)
	for i, state := 0, uint32(1); i < len(noise); i++ {
		state = state*1664525 + 1013904223
		noise[i] = byte(state >> 24)
	}
	if err := w.Section(SectionTokenizer, noise); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return path
}

// shortened opens big and takes its end, from the middle of the second tensor on.
func shortened(t *testing.T) *File {
	t.Helper()
	mmaptest.NeedsFaults(t)
	path := big(t)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	e := f.byName["second"]
	if err := os.Truncate(path, e.Offset+e.Length/2); err != nil {
		t.Fatal(err)
	}
	return f
}

// isFault demands an error that names the file and a part, and is no damage.
func isFault(t *testing.T, err error, f *File, part string) {
	t.Helper()
	var p *formats.ParseError
	if !errors.As(err, new(*mmap.Fault)) || errors.As(err, &p) {
		t.Fatalf("not a fault: %v", err)
	}
	if want := f.path + part + ": cannot be read: "; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestShortenedFile(t *testing.T) {
	f := shortened(t)
	_, err := f.Section(SectionTokenizer)
	isFault(t, err, f, `: section "tokenizer.json"`)
	var bad []string
	first := f.Verify(context.Background(), 2, nil, func(p Part, _ int64, err error) {
		if err != nil {
			isFault(t, err, f, ": "+p.String())
			bad = append(bad, p.String())
		}
	})
	isFault(t, first, f, `: tensor "second"`)
	if want := []string{`tensor "second"`, `section "tokenizer.json"`, "index", "footer"}; !slices.Equal(bad, want) {
		t.Errorf("%q failed, want %q", bad, want)
	}
	_, err = open(f.path, f.mapping)
	isFault(t, err, f, "")
}

func TestLocate(t *testing.T) {
	f := shortened(t)
	read := func(name string) error {
		return mmap.Guard(func() error {
			x, err := f.Tensor(name)
			if err == nil && bytes.IndexByte(x.Data, 0) >= 0 {
				t.Error("a zero")
			}
			return err
		})
	}
	if err := f.Locate(read("first")); err != nil {
		t.Error(err)
	}
	err := f.Locate(read("second"))
	isFault(t, err, f, `: tensor "second"`)
	if again := f.Locate(err); again != err {
		t.Errorf("named twice: %v", again)
	}
	elsewhere := fmt.Errorf("layer: %w", &mmap.Fault{Addr: 1})
	if got := f.Locate(elsewhere); got != elsewhere {
		t.Error(got)
	}
	for _, c := range []struct {
		off  int64
		want string
	}{
		{0, ""}, {headerSize - 1, ""}, {headerSize, `tensor "first"`}, {f.tensors[1].Offset - 1, `tensor "first"`},
		{f.tensors[1].Offset, `tensor "second"`}, {f.sections[0].Offset, `section "tokenizer.json"`},
		{f.foot.indexOffset, ""}, {f.Size() - 1, ""},
	} {
		if got := f.at(c.off); got != c.want {
			t.Errorf("at %d: %s, want %s", c.off, got, c.want)
		}
	}
}

// A container that cannot be mapped is read as a whole, and is the same.
func TestReadInsteadOfMapped(t *testing.T) {
	path := big(t)
	want, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	m, err := mmap.OpenRead(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := open(path, m)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Release("first") // nothing may be lost
	if !bytes.Equal(f.data, want.data) {
		t.Error("the content differs")
	}
	if err := f.Verify(context.Background(), 2, nil, nil); err != nil {
		t.Error(err)
	}
}
