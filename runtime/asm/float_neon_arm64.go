//go:build !purego

package asm

var floatNEON = floatKernels{
	matmul:   matMulNEON,
	scaleAdd: scaleAddGeneric,
	dot:      dotGeneric,
	rmsnorm:  rmsNormGeneric,
	silu:     siluGeneric,
	softmax:  softmaxGeneric,
	rotate:   rotateGeneric,
	sumExp:   sumExpGeneric,
	argMax:   argMaxGeneric,
}

//go:noescape
func matMulNEON(out *float32, ldo int, w *float32, ldw, cols int, a *float32, lda, n int)
