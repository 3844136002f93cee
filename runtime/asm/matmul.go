package asm

// floatKernels are the kernels of float32. Their definitions say where each
// operation rounds, so that all tiers agree to the bit.
type floatKernels struct {
	// matmul, over n rows of a (lda apart) and 32 outputs:
	// out[t·ldo+r] += Σ w[k·ldw+r]·a[t·lda+k].
	matmul func(out *float32, ldo int, w *float32, ldw, cols int, a *float32, lda, n int)
	// matmulBF16 is that with pairs of bfloat16 for w and a (MatMulBF16).
	matmulBF16 func(out *float32, ldo int, w *uint32, ldw, pairs int, a *uint32, lda, n int)
	transpose  func(dst *uint32, src *byte, stride, words int) // words is a multiple of 8
	// addOutputs adds outputs, [rows][32], to 32 columns of dst, whose rows are ld
	// apart; copyOutputs writes them there, and streamOutputs past the caches, to
	// whole lines of 64 bytes.
	addOutputs    func(dst *float32, ld int, outputs *float32, rows int)
	copyOutputs   func(dst *float32, ld int, outputs *float32, rows int)
	streamOutputs func(dst *float32, ld int, outputs *float32, rows int)
	dot           func(x, y *float32, n int) float32
	rmsnorm       func(dst, x, w *float32, n int, r float32)
	silu          func(dst, gate, up *float32, n int)
	softmax       func(x *float32, n int, scale float32)
	rotate        func(x, cos, sin *float32, n int)
	sumExp        func(x *float32, n int, most float32) float64
	argMax        func(x *float32, n int) int
	// above lists where elements are greater than t, in ascending order, and says
	// how many. ids has room for n, rounded up to a multiple of 16.
	above func(ids *int32, x *float32, n int, t float32) int
}

// MatMul adds the product of 32 columns of float32 weights with n rows of
// activations to 32 outputs of each row:
//
//	out[t·ldo + r] += Σ w[k·ldw + r]·a[t·lda + k]    k = 0 … cols−1 in this order
//
// with the sum started at 0, every step of it a fused multiply-add (FMA), and
// the last addition rounded to float32. It computes exact linear layers (w a
// strip, transposed), q·kᵀ (w the keys, transposed) and p·v (w the values as they
// stand).
//
// Callers avoid strides lda and ldw that are multiples of 1024: rows 4 KiB apart
// share a few sets of the first cache, and evict each other (2 to 4 times slower
// where measured).
func MatMul(out []float32, ldo int, w []float32, ldw, cols int, a []float32, lda, n int) {
	if n == 0 || cols == 0 {
		return
	}
	checkMatMul(len(out), ldo, len(w), ldw, cols, len(a), lda, n)
	active.float.matmul(&out[0], ldo, &w[0], ldw, cols, &a[0], lda, n)
}

// checkMatMul panics where a product of k columns, or pairs of them, would leave
// its slices.
func checkMatMul(out, ldo, w, ldw, k, a, lda, n int) {
	if w < (k-1)*ldw+StripRows {
		panic("asm: matmul: short weights")
	}
	if a < (n-1)*lda+k {
		panic("asm: matmul: short activations")
	}
	if out < (n-1)*ldo+StripRows {
		panic("asm: matmul: short output")
	}
}
