package safetensors

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/mmap"
	"llada/formats/mmap/mmaptest"
)

// isFault demands an error that holds a fault and begins with a name.
func isFault(t *testing.T, err error, name string) {
	t.Helper()
	var p *formats.ParseError
	if !errors.As(err, new(*mmap.Fault)) || errors.As(err, &p) || !strings.HasPrefix(err.Error(), name+": cannot be read: ") {
		t.Errorf("got %v, want a fault of %s", err, name)
	}
}

func TestShortenedFile(t *testing.T) {
	mmaptest.NeedsFaults(t)
	path := filepath.Join(t.TempDir(), "x.safetensors")
	n := 4 * os.Getpagesize() // numbers
	file := rawFile("{"+tensor("first", n, 0)+","+tensor("second", n, 4*n)+"}", 8*n)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := os.Truncate(path, int64(6*n)); err != nil {
		t.Fatal(err)
	}
	read := func(name string) error {
		return c.Locate(mmap.Guard(func() error {
			x, err := c.Tensor(name)
			if bytes.IndexByte(x.Data, 1) >= 0 {
				t.Error("a number that was not written")
			}
			return err
		}))
	}
	if err := read("first"); err != nil {
		t.Error(err)
	}
	isFault(t, read("second"), fmt.Sprintf(`%s: tensor "second"`, path))

	// The same while the file is opened.
	m, err := mmap.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	again := &Checkpoint{path: path, tensors: map[string]place{}}
	defer again.Close()
	isFault(t, again.addShard(path, m), path+": header")
}
