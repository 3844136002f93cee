package safetensors

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/mmap/mmaptest"
)

const tiny = "../../testdata/tiny-llada"

func openTiny(t *testing.T) *Checkpoint {
	t.Helper()
	c, err := Open(tiny)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestOpenTiny(t *testing.T) {
	c := openTiny(t)
	infos := c.Infos()
	if len(infos) != 39 {
		t.Errorf("%d tensors, want 39", len(infos))
	}
	if !slices.IsSortedFunc(infos, func(a, b formats.Info) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("tensors are not in the order of their names")
	}
	var total int64
	for _, info := range infos {
		x, err := c.Tensor(info.Name)
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(x.Data)) != info.Size || info.Elements()*2 != info.Size || info.Encoding != formats.BF16 || !x.Info.Equal(info) {
			t.Errorf("%+v: %d bytes", info, len(x.Data))
		}
		total += info.Size
	}
	if total != 8917504 {
		t.Errorf("%d bytes, want the index's 8917504", total)
	}
	if len(c.shards) != 2 {
		t.Errorf("%d shards", len(c.shards))
	}
}

// A released tensor reads as before.
func TestRelease(t *testing.T) {
	c := openTiny(t)
	for _, info := range c.Infos() {
		x, err := c.Tensor(info.Name)
		if err != nil {
			t.Fatal(err)
		}
		before := sha256.Sum256(x.Data)
		c.Release(info.Name)
		if sha256.Sum256(x.Data) != before {
			t.Errorf("%s: changed", info.Name)
		}
	}
	c.Release("no such tensor")
}

// Release takes a tensor out of memory. The kernel may take its neighbours along,
// where they share a huge page.
func TestReleaseFreesMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	const n = 1 << 18 // numbers
	file := rawFile("{"+tensor("first", n, 0)+","+tensor("second", n, 4*n)+"}", 8*n)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	data := c.shards[0].file.Data
	if !bytes.Equal(data, file) { // reads all
		t.Fatal("the file reads otherwise")
	}
	all := mmaptest.Resident(t, data)
	c.Release("first")
	if gone := all - mmaptest.Resident(t, data); gone < 2*n {
		t.Errorf("%d bytes left memory of a tensor of %d", gone, 4*n)
	}
}

func TestOneShardAlone(t *testing.T) {
	c := openTiny(t)
	name := c.Infos()[0].Name
	file := c.File(name)
	one, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	x, err := one.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	y, err := c.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(x.Data, y.Data) || one.File(name) != file {
		t.Errorf("%s of %s differs from the folder's", name, file)
	}
}

func TestUnknownTensor(t *testing.T) {
	c := openTiny(t)
	if _, err := c.Tensor("wte"); err == nil || !strings.Contains(err.Error(), `tiny-llada: no tensor "wte"`) {
		t.Errorf("unknown: %v", err)
	}
	if f := c.File("wte"); f != "" {
		t.Errorf("unknown: in %q", f)
	}
	known := c.Infos()[0].Name
	c.Close()
	if _, err := c.Tensor(known); err == nil {
		t.Error("closed checkpoint gives out a tensor")
	}
}
