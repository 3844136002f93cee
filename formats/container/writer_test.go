package container

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"llada/formats"
)

// names lists a folder, to see what was left behind.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return strings.Join(out, " ")
}

func TestExistingOutput(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.llada")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Create(path, Options{})
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "--force") {
		t.Errorf("got %v", err)
	}
	if got := names(t, dir); got != "m.llada" {
		t.Errorf("left %s", got)
	}
	w, err := Create(path, Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(t, w); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); string(b) != "old" {
		t.Error("the old file changed before Commit")
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Abort(), w.Abort()); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); got != "m.llada" {
		t.Errorf("left %s", got)
	}
	if f, err := Open(path); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
	if _, err := Create(dir, Options{Force: true}); err == nil {
		t.Error("a folder was replaced")
	}
}

// TestOutputAppears is the race that Create cannot see: the name is taken by
// the time of Commit.
func TestOutputAppears(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.llada")
	w, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(t, w); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(path, []byte("other"), 0o600)
	if err := w.Commit(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "other" || names(t, dir) != "m.llada" {
		t.Errorf("the other file is %q, folder has %s", b, names(t, dir))
	}
}

func TestAbort(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.llada")
	w, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(t, w); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); got != "m.llada.partial" {
		t.Errorf("while writing: %s", got)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("left %s", got)
	}
	if err := w.Commit(); err == nil {
		t.Error("Commit after Abort")
	}
}

// fullDisk fails after some bytes, as a full disk does.
type fullDisk struct {
	w    io.Writer
	left int
}

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(b []byte) (int, error) {
	if len(b) > d.left {
		n, _ := d.w.Write(b[:d.left])
		d.left = 0
		return n, errFull
	}
	d.left -= len(b)
	return d.w.Write(b)
}

func TestDiskFull(t *testing.T) {
	big := make([]byte, 3<<20) // more than the buffer, so that some writes fail early
	for _, space := range []int{0, 1, 4096, 5000, 1 << 20, 2 << 20, 3<<20 + 4096, 3<<20 + 4096 + 9000} {
		dir := t.TempDir()
		path := filepath.Join(dir, "m.llada")
		w, err := create(path, Options{}, func(f io.Writer) io.Writer { return &fullDisk{f, space} })
		if err != nil {
			t.Fatal(err)
		}
		err = func() error {
			out, err := w.Tensor(formats.Info{Name: "big", Encoding: formats.BF16, Shape: []int{3 << 19}, Size: int64(len(big))})
			if err != nil {
				return err
			}
			for i := 0; i < len(big); i += 1 << 16 {
				if _, err := out.Write(big[i : i+1<<16]); err != nil {
					out.Close()
					return err
				}
			}
			return errors.Join(out.Close(), fill(t, w))
		}()
		// Whether or not the caller noticed, Commit fails and cleans up.
		if cerr := w.Commit(); !errors.Is(cerr, errFull) || err != nil && !errors.Is(err, errFull) {
			t.Errorf("%d bytes free: %v, then %v", space, err, cerr)
		}
		if got := names(t, dir); got != "" {
			t.Errorf("%d bytes free: left %s", space, got)
		}
	}
}

func TestUnwritableFolder(t *testing.T) {
	_, err := Create(filepath.Join(t.TempDir(), "absent", "m.llada"), Options{})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "cannot create the output") {
		t.Errorf("absent folder: %v", err)
	}
	if os.Geteuid() <= 0 {
		t.Skip("permissions do not bind this user")
	}
	dir := t.TempDir()
	os.Chmod(dir, 0o500)
	if _, err := Create(filepath.Join(dir, "m.llada"), Options{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("read-only folder: %v", err)
	}
}

func TestMisuse(t *testing.T) {
	norm := formats.Info{Name: "norm", Encoding: formats.F32, Shape: []int{2}, Size: 8}
	put := func(w *Writer, i formats.Info, n int) error {
		out, err := w.Tensor(i)
		if err != nil {
			return err
		}
		_, err = out.Write(make([]byte, n))
		return errors.Join(err, out.Close())
	}
	for _, c := range []struct {
		name string
		do   func(*Writer) error
		want string
	}{
		{"no model", func(w *Writer) error { w.x.Model = nil; return put(w, norm, 8) }, "no model set"},
		{"short", func(w *Writer) error { return put(w, norm, 7) }, `tensor "norm": 7 of its 8 bytes written`},
		{"long", func(w *Writer) error { return put(w, norm, 9) }, `tensor "norm": more than its 8 bytes`},
		{"twice", func(w *Writer) error { return errors.Join(put(w, norm, 8), put(w, norm, 8)) }, "occurs twice"},
		{"two open", func(w *Writer) error {
			w.Tensor(norm)
			_, err := w.Tensor(norm)
			return err
		}, `tensor "norm" is still open`},
		{"left open", func(w *Writer) error { _, err := w.Tensor(norm); return err }, `tensor "norm" is still open`},
		{"size", func(w *Writer) error { i := norm; i.Size = 4; return put(w, i, 4) }, "takes 8"},
		{"f16", func(w *Writer) error { i := norm; i.Encoding = formats.F16; return put(w, i, 4) }, `"f16" is unknown`},
		{"section name", func(w *Writer) error { return w.Section("a/b", nil) }, "slash"},
		{"section twice", func(w *Writer) error { return errors.Join(w.Section("a", nil), w.Section("a", nil)) }, "occurs twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			w, err := Create(filepath.Join(dir, "m.llada"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			w.SetModel(sampleModel)
			c.do(w)
			if err := w.Commit(); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "m.llada") {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if got := names(t, dir); got != "" {
				t.Errorf("left %s", got)
			}
		})
	}
}
