package quant

import (
	"runtime"
	"sync"
	"testing"

	"llada/formats"
)

var otherCodebook = []int8{-60, -50, -40, -30, -25, -18, -12, -4, 2, 7, 11, 17, 26, 32, 44, 52}

// TestCodecsShare: a thousand tensors of one codebook share one codec, and other
// codebooks get another.
func TestCodecsShare(t *testing.T) {
	var c Codecs
	get := func(codebook []int8) Codec {
		codec, err := c.For(formats.Info{Name: "w", Encoding: formats.Q4, Codebook: codebook})
		if err != nil {
			t.Fatal(err)
		}
		return codec
	}
	first := get(otherCodebook)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1000 {
		if get(otherCodebook) != first {
			t.Fatal("another codec for the same codebook")
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 4<<10 {
		t.Errorf("1000 more tensors take %d bytes", n)
	}
	third := append([]int8{}, otherCodebook...)
	third[0]--
	if get(third) == first || get(GaussCodebook[:]) == first {
		t.Error("one codec for two codebooks")
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if get(otherCodebook) != first {
				t.Error("another codec on another goroutine")
			}
		})
	}
	wait.Wait()
}

// TestDecodingIsCheap: a codec that only reads has no tables of the encoder.
func TestDecodingIsCheap(t *testing.T) {
	i := formats.Info{Name: "w", Encoding: formats.Q4, Codebook: otherCodebook}
	const rows, cols = 16, 256
	c, err := For(i)
	if err != nil {
		t.Fatal(err)
	}
	data := encode(c, gauss(rows*cols, 1), rows, cols, nil)
	if c.(*folded).grid == nil {
		t.Fatal("the encoder has no tables")
	}
	if c, err = For(i); err != nil {
		t.Fatal(err)
	}
	var p Panel
	c.(Quantized).Panel(&p, data)
	c.DecodeRow(make([]float32, cols), data, cols, 3)
	if c.(*folded).grid != nil {
		t.Error("reading made the tables of the encoder")
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err = For(i); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 16<<10 {
		t.Errorf("a codec to read with takes %d bytes", n)
	}
}
