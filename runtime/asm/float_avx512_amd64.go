//go:build !purego

package asm

// floatAVX512 needs AVX-512 F, BMI2 and POPCNT.
var floatAVX512 = floatKernels{
	matmul:        matMulAVX512,
	matmulBF16:    matMulBF16AVX512,
	transpose:     transposeAVX2,
	addOutputs:    addOutputsAVX512,
	copyOutputs:   copyOutputsAVX512,
	streamOutputs: streamOutputsAVX512,
	dot:           dotAVX512,
	rmsnorm:       rmsNormAVX512,
	silu:          siluAVX512,
	softmax:       softmaxAVX512,
	rotate:        rotateAVX512,
	sumExp:        sumExpAVX512,
	argMax:        argMaxAVX512,
	above:         aboveAVX512,
}

//go:noescape
func matMulAVX512(out *float32, ldo int, w *float32, ldw, cols int, a *float32, lda, n int)

//go:noescape
func matMulBF16AVX512(out *float32, ldo int, w *uint32, ldw, pairs int, a *uint32, lda, n int)

//go:noescape
func addOutputsAVX512(dst *float32, ld int, outputs *float32, rows int)

//go:noescape
func copyOutputsAVX512(dst *float32, ld int, outputs *float32, rows int)

//go:noescape
func streamOutputsAVX512(dst *float32, ld int, outputs *float32, rows int)

//go:noescape
func dotAVX512(x, y *float32, n int) float32

//go:noescape
func rmsNormAVX512(dst, x, w *float32, n int, r float32)

//go:noescape
func siluAVX512(dst, gate, up *float32, n int)

//go:noescape
func softmaxAVX512(x *float32, n int, scale float32)

//go:noescape
func rotateAVX512(x, cos, sin *float32, n int)

//go:noescape
func sumExpAVX512(x *float32, n int, most float32) float64

//go:noescape
func argMaxAVX512(x *float32, n int) int

//go:noescape
func aboveAVX512(ids *int32, x *float32, n int, t float32) int

//go:noescape
func matMulAVX512BF16(out *float32, ldo int, w *uint32, ldw, pairs int, a *uint32, lda, n int)
