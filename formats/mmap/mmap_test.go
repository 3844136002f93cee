package mmap

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenShowsContent(t *testing.T) {
	page := os.Getpagesize()
	for _, size := range []int{0, 1, page - 1, page, page + 1, 5*page + 17} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i * 7)
		}
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, want, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		// No hint, however absurd its range, may change what is read.
		n := int64(size)
		for _, r := range [][2]int64{{0, n}, {1, n}, {n / 2, n}, {-1, 4}, {n, 1}, {0, -1}, {3, 1 << 62}} {
			for _, a := range []Advice{Sequential, WillNeed, DontNeed} {
				f.Advise(r[0], r[1], a)
			}
		}
		if !bytes.Equal(f.Data, want) {
			t.Errorf("%d bytes: content differs", size)
		}
		for range 2 {
			if err := f.Close(); err != nil {
				t.Errorf("%d bytes: close: %v", size, err)
			}
		}
		f.Advise(0, 1, WillNeed)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("folder: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	if _, err := os.Stat("/dev/null"); err == nil {
		if _, err := Open("/dev/null"); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("device: %v", err)
		}
	}
}
