package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"llada/formats"
	"llada/runtime/bundle"
	"llada/testdata/checkpoint"
)

// A container is mapped and used in place: opening it and computing the first
// token takes a small part of its size from the heap.
func TestContainerStaysMapped(t *testing.T) {
	config, err := os.ReadFile(filepath.Join(testdata, "tiny-llada/config.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.ParseConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]any{"d_model": 1024, "n_heads": 8, "n_kv_heads": 8, "mlp_hidden_size": 3072} {
		c = c.With(key, value)
	}
	folder := t.TempDir()
	if err := checkpoint.Write(folder, c, checkpoint.Options{Seed: 1}); err != nil {
		t.Fatal(err)
	}
	path := converted(t, folder, formats.Q8)
	size := fileSize(t, path)
	before := heap()
	l, err := bundle.Open(t.Context(), path, bundle.Options{Device: bundle.Device{Threads: 2, Activations: bundle.Int8}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	logits(t, l, []int32{1, 2, 3, 4})
	used := heap() - before
	t.Logf("container of %d bytes, %d bytes of heap", size, used)
	if used > size/10 {
		t.Errorf("opening a container of %d bytes and one pass took %d bytes of heap", size, used)
	}
	runtime.KeepAlive(l)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}
