//go:build !purego

package asm

// floatAVX2 needs AVX2 and FMA.
var floatAVX2 = floatKernels{
	matmul:        matMulAVX2,
	matmulBF16:    matMulBF16AVX2,
	transpose:     transposeAVX2,
	addOutputs:    addOutputsAVX2,
	copyOutputs:   copyOutputsAVX2,
	streamOutputs: streamOutputsAVX2,
	dot:           dotAVX2,
	rmsnorm:       rmsNormAVX2,
	silu:          siluAVX2,
	softmax:       softmaxAVX2,
	rotate:        rotateAVX2,
	sumExp:        sumExpAVX2,
	argMax:        argMaxAVX2,
	above:         aboveAVX2,
}

//go:noescape
func matMulAVX2(out *float32, ldo int, w *float32, ldw, cols int, a *float32, lda, n int)

//go:noescape
func matMulBF16AVX2(out *float32, ldo int, w *uint32, ldw, pairs int, a *uint32, lda, n int)

//go:noescape
func addOutputsAVX2(dst *float32, ld int, outputs *float32, rows int)

//go:noescape
func copyOutputsAVX2(dst *float32, ld int, outputs *float32, rows int)

//go:noescape
func streamOutputsAVX2(dst *float32, ld int, outputs *float32, rows int)

//go:noescape
func dotAVX2(x, y *float32, n int) float32

//go:noescape
func rmsNormAVX2(dst, x, w *float32, n int, r float32)

//go:noescape
func siluAVX2(dst, gate, up *float32, n int)

//go:noescape
func softmaxAVX2(x *float32, n int, scale float32)

//go:noescape
func rotateAVX2(x, cos, sin *float32, n int)

//go:noescape
func sumExpAVX2(x *float32, n int, most float32) float64

//go:noescape
func argMaxAVX2(x *float32, n int) int

//go:noescape
func aboveAVX2(ids *int32, x *float32, n int, t float32) int

//go:noescape
func transposeAVX2(dst *uint32, src *byte, stride, words int)
