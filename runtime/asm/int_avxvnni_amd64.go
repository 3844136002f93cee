//go:build !purego

package asm

// intAVXVNNI needs AVX2, FMA and AVX-VNNI.
var intAVXVNNI = intKernels{
	step:     4,
	quantize: quantizeAVX2,
	decodeQ4: decodeQ4AVXVNNI,
	decodeQ6: decodeQ6AVX2,
	decodeQ8: decodeQ8AVX2,
	product: [len(widths)]productKernel{
		productAVXVNNIx12, productAVXVNNIx8, productAVXVNNIx4, productAVXVNNIx1,
	},
	probe:     probeAVXVNNI,
	probeMACs: 48 * 32,
}

//go:noescape
func probeAVXVNNI(n int)

//go:noescape
func decodeQ4AVXVNNI(w *byte, d *float32, tile *byte, codebook *int8)

//go:noescape
func productAVXVNNIx12(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productAVXVNNIx8(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productAVXVNNIx4(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productAVXVNNIx1(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)
