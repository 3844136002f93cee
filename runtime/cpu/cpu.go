package cpu

import (
	"context"
	"fmt"

	"llada/formats"
	"llada/quant"
	"llada/runtime/asm"
	"llada/runtime/backend"
)

// Options of the backend.
type Options struct {
	Threads int // workers, at least 1
	// Exact multiplies float32 activations with every weight; otherwise
	// quantized weights meet int8 activations (a8).
	Exact bool
	// BF16 rounds activations to bf16 where they meet weights that are bf16.
	BF16 bool
}

// Backend computes on the processor. It implements backend.Backend.
type Backend struct {
	pool    *pool
	exact   bool
	bf16    bool
	scratch []scratch // per worker
	acts    asm.Acts
	pairs   []uint32  // rows of an input in bf16
	spaced  []float32 // rows of an input, moved apart
	rope    ropeTable
	pieces  []piece
	logits  [2][]float32 // conditional and unconditional
}

// scratch is what one worker needs at a time.
type scratch struct {
	decoder *asm.Decoder // by itself, so that its rows begin on cache lines
	panel   quant.Panel
	wide    []float32 // float32 strip, [columns][32]
	pairs   []uint32  // bf16 strip, [pairs of columns][32]
	row     []float32
	tile    []float32 // [rows][32] of a product
	other   []float32 // the second tile of a gated product
	scores  []float32
	top     asm.Top
}

var _ backend.Backend = (*Backend)(nil)

// New starts the workers.
func New(o Options) *Backend {
	n := max(o.Threads, 1)
	b := &Backend{pool: newPool(n), exact: o.Exact, bf16: o.BF16, scratch: make([]scratch, n)}
	for i := range b.scratch {
		b.scratch[i].decoder = new(asm.Decoder)
	}
	return b
}

// Name says how many threads compute and how.
func (b *Backend) Name() string {
	path := "int8 activations"
	if b.exact {
		path = "float32 activations"
	}
	if b.bf16 {
		path += ", bf16 ones for bf16 weights"
	}
	return fmt.Sprintf("cpu, %d threads, %s kernels, %s", b.pool.workers, asm.Active(), path)
}

// Close ends the workers.
func (b *Backend) Close() error {
	b.pool.close()
	return nil
}

// Flush has nothing to wait for: operations finish before they return.
func (b *Backend) Flush(ctx context.Context) error { return ctx.Err() }

// act is a matrix in memory.
type act struct {
	rows, cols int
	data       []float32
}

func (a *act) Rows() int { return a.rows }
func (a *act) Cols() int { return a.cols }

func (a *act) row(i int) []float32 { return a.data[i*a.cols : (i+1)*a.cols] }

// NewAct allocates a matrix of zeros.
func (b *Backend) NewAct(rows, cols int) (backend.Act, error) {
	return &act{rows, cols, make([]float32, rows*cols)}, nil
}

// weight is a tensor in place, with the codec that reads it.
type weight struct {
	info     formats.Info
	data     []byte
	codec    quant.Codec
	tiles    quant.Quantized // nil for plain encodings, and below:
	encoding asm.Encoding
	codebook [16]int8
	vec      []float32     // decoded vectors (norms)
	at       map[int32]int // companion tensors: token id → row
}

func (w *weight) Info() formats.Info { return w.info }

// encodings are the tile formats as kernels know them.
var encodings = map[formats.Encoding]asm.Encoding{formats.Q4: asm.Q4, formats.Q6: asm.Q6, formats.Q8: asm.Q8}

// Load keeps t's data in place; vectors are widened once.
func (b *Backend) Load(t formats.Tensor) (backend.Weight, error) {
	c, err := quant.For(t.Info)
	if err != nil {
		return nil, err
	}
	if want := c.Size(t.Rows(), t.Cols()); int64(len(t.Data)) != want {
		return nil, fmt.Errorf("tensor %s: %d bytes of %s for shape %v, want %d", t.Name, len(t.Data), t.Encoding, t.Shape, want)
	}
	w := &weight{info: t.Info, data: t.Data, codec: c}
	if w.tiles, _ = c.(quant.Quantized); w.tiles != nil {
		w.encoding = encodings[t.Encoding]
		copy(w.codebook[:], t.Codebook)
	}
	if len(t.Shape) == 1 {
		w.vec = make([]float32, t.Cols())
		c.DecodeRow(w.vec, t.Data, t.Cols(), 0)
	}
	if t.Replaces != nil {
		w.at = make(map[int32]int, len(t.Replaces))
		for i, id := range t.Replaces {
			w.at[id] = i
		}
	}
	return w, nil
}

// sized returns b with length n, reallocated if it is too small.
func sized[T any](b []T, n int) []T {
	if cap(b) < n {
		return make([]T, n)
	}
	return b[:n]
}
