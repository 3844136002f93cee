//go:build !purego

package asm

var floatNEON = floatKernels{
	matmul:        matMulNEON,
	matmulBF16:    matMulBF16NEON,
	transpose:     transposeGeneric,
	addOutputs:    addOutputsNEON,
	copyOutputs:   copyOutputsNEON,
	streamOutputs: copyOutputsNEON,
	dot:           dotNEON,
	rmsnorm:       rmsNormNEON,
	silu:          siluNEON,
	softmax:       softmaxNEON,
	rotate:        rotateNEON,
	sumExp:        sumExpNEON,
	argMax:        argMaxNEON,
	above:         aboveNEON,
}

//go:noescape
func matMulNEON(out *float32, ldo int, w *float32, ldw, cols int, a *float32, lda, n int)

//go:noescape
func addOutputsNEON(dst *float32, ld int, outputs *float32, rows int)

//go:noescape
func copyOutputsNEON(dst *float32, ld int, outputs *float32, rows int)

//go:noescape
func dotNEON(x, y *float32, n int) float32

//go:noescape
func rmsNormNEON(dst, x, w *float32, n int, r float32)

//go:noescape
func siluNEON(dst, gate, up *float32, n int)

//go:noescape
func softmaxNEON(x *float32, n int, scale float32)

//go:noescape
func rotateNEON(x, cos, sin *float32, n int)

//go:noescape
func sumExpNEON(x *float32, n int, most float32) float64

//go:noescape
func argMaxNEON(x *float32, n int) int

//go:noescape
func aboveNEON(ids *int32, x *float32, n int, t float32) int
