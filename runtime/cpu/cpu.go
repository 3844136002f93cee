package cpu

import (
	"fmt"

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

// Backend computes on the processor. It implements backend.Backend: operations
// finish before they return.
type Backend struct {
	pool    *pool
	exact   bool
	bf16    bool
	codecs  quant.Codecs
	scratch []scratch // per worker
	pass    pass
	acts    asm.Acts
	pairs   []uint32  // rows of an input in bf16
	spaced  []float32 // rows of an input, moved apart
	rope    ropeTable
	pieces  []piece
	head    head
}

// scratch is what one worker needs at a time.
type scratch struct {
	decoder *asm.Decoder // by itself, so that its rows begin on cache lines
	panel   quant.Panel
	wide    []float32 // 32 rows of weights in float32, [columns][32]
	pairs   []uint32  // the same in bf16, [pairs of columns][32]
	row     []float32
	outputs []float32 // of a product, [rows][32]
	gate    []float32 // outputs of a gate
	exact   []float32 // outputs of exact rows
	scores  []float32
	keys    []float32 // of one head, gathered and decoded
	values  []float32
	ints    []int8         // a key or a value as int8
	loops   *backend.Loops // of reductions
}

var _ backend.Backend = (*Backend)(nil)

// New starts the workers.
func New(o Options) *Backend {
	n := max(o.Threads, 1)
	b := &Backend{pool: newPool(n), exact: o.Exact, bf16: o.BF16, scratch: make([]scratch, n)}
	for i := range b.scratch {
		b.scratch[i].decoder, b.scratch[i].loops = new(asm.Decoder), newLoops(new(asm.Top))
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

// Close ends the workers. What the backend made must not be used after it.
func (b *Backend) Close() error {
	b.pool.close()
	return nil
}

// sized returns b with length n, reallocated if it is too small.
func sized[T any](b []T, n int) []T {
	if cap(b) < n {
		return make([]T, n)
	}
	return b[:n]
}
