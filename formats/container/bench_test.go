package container

import (
	"fmt"
	"path/filepath"
	"testing"

	"llada/formats"
)

// BenchmarkOpen opens a container of as many tensors as a mixture of experts
// has, most of its time the index of 6 MB.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "m.llada")
	w, err := Create(path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Abort()
	w.SetModel(sampleModel)
	data := make([]byte, formats.Q4TileBytes)
	const tensors = 24_000
	for i := range tensors {
		name := fmt.Sprintf("model.layers.%d.mlp.experts.%d.up_proj.weight", i/768, i%768)
		out, err := w.Tensor(formats.Info{
			Name: name, Encoding: formats.Q4, Shape: []int{16, 256}, Size: int64(len(data)), Codebook: ramp16,
		})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := out.Write(data); err != nil {
			b.Fatal(err)
		}
		if err := out.Close(); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		b.Fatal(err)
	}
	b.Run("Open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := Open(path)
			if err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
	})
	f, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	b.Run("Infos", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if len(f.Infos()) != tensors {
				b.Fatal("tensors are missing")
			}
		}
	})
}
