package safetensors

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"llada/formats/mmap"
)

// openRead opens shards without mapping them.
func openRead(t *testing.T, paths ...string) *Checkpoint {
	t.Helper()
	c := &Checkpoint{path: "read", tensors: map[string]place{}}
	t.Cleanup(func() { c.Close() })
	for _, path := range paths {
		m, err := mmap.OpenRead(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.addShard(path, m); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// A checkpoint that cannot be mapped has the same tensors, as often as they are
// asked for.
func TestReadInsteadOfMapped(t *testing.T) {
	mapped := openTiny(t)
	shards, err := filepath.Glob(filepath.Join(tiny, "*.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	c := openRead(t, shards...)
	for range 2 {
		for _, info := range mapped.Infos() {
			want, err := mapped.Tensor(info.Name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Tensor(info.Name)
			if err != nil || !got.Equal(want.Info) || !bytes.Equal(got.Data, want.Data) {
				t.Errorf("%s differs, error %v", info.Name, err)
			}
			c.Release(info.Name)
		}
	}
}

func TestReadShortened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := os.WriteFile(path, rawFile("{"+tensor("a", 2, 0)+","+tensor("b", 2, 8)+"}", 16), 0o600); err != nil {
		t.Fatal(err)
	}
	c := openRead(t, path)
	if err := os.Truncate(path, c.shards[0].header.bytes+12); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tensor("a"); err != nil {
		t.Error(err)
	}
	if _, err := c.Tensor("b"); err == nil || err.Error() != path+`: cannot be read: the file was shortened while it was open (tensor "b")` {
		t.Errorf("error %v", err)
	}
}

// Every damaged file is refused as it is when mapped.
func TestReadDamagedFiles(t *testing.T) {
	for _, c := range damagedFiles {
		path := filepath.Join(t.TempDir(), "f.safetensors")
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := mmap.OpenRead(path)
		if err != nil {
			t.Fatal(err)
		}
		ck := &Checkpoint{tensors: map[string]place{}}
		if err := ck.addShard(path, m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
		ck.Close()
	}
}
