package mmap

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file that cannot be mapped is read, range by range, and given back.
func TestRead(t *testing.T) {
	page := os.Getpagesize()
	want := make([]byte, 5*page+17)
	for i := range want {
		want[i] = byte(i*7 + 1)
	}
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, want, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := open(path, func(*os.File, int) ([]byte, error) { return nil, errors.New("no such device") })
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	load := func(from, to int) {
		t.Helper()
		if err := f.Load(int64(from), int64(to-from)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(f.Data[from:to], want[from:to]) {
			t.Errorf("%d to %d: content differs", from, to)
		}
	}
	load(0, 8)
	load(page-1, 3*page+5)
	load(0, len(want))
	f.Advise(0, int64(len(want)), DontNeed) // is about mappings
	if !bytes.Equal(f.Data, want) {
		t.Error("advice changed what was read")
	}
	f.Drop(int64(page-1), int64(2*page+2)) // two whole pages
	if !bytes.Equal(f.Data[:page], want[:page]) || !bytes.Equal(f.Data[3*page:], want[3*page:]) {
		t.Error("what was dropped took its neighbours along")
	}
	load(page, 3*page)

	if err := os.Truncate(path, int64(page)); err != nil {
		t.Fatal(err)
	}
	if err := f.Load(0, int64(len(want))); err == nil || !strings.HasPrefix(err.Error(), path+": cannot be read: the file was shortened") {
		t.Errorf("shortened: error %v", err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Load and Drop change nothing about a mapping.
func TestLoadOfMapping(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("mapped"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Load(0, 6); err != nil || f.read != nil {
		t.Errorf("read: %v, error %v", f.read, err)
	}
	f.Drop(0, 6)
	if string(f.Data) != "mapped" {
		t.Errorf("%q", f.Data)
	}
}
