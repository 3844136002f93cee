//go:build !purego

package asm

// intAVX2 needs AVX2 and FMA.
var intAVX2 = intKernels{
	step:     4,
	quantize: quantizeAVX2,
	decodeQ4: decodeQ4AVX2,
	decodeQ6: decodeQ6AVX2,
	decodeQ8: decodeQ8AVX2,
	product: [len(widths)]productKernel{
		productAVX2x12, productAVX2x8, productAVX2x4, productAVX2x1,
	},
	productWide: [len(widths)]productKernel{
		productWideAVX2x12, productWideAVX2x8, productWideAVX2x4, productWideAVX2x1,
	},
	probe:     probeAVX2,
	probeMACs: 8 * 32,
}

//go:noescape
func quantizeAVX2(q *int8, scale *float32, comp *int32, x *float32, groups, m int)

//go:noescape
func decodeQ4AVX2(w *byte, d *float32, tile *byte, codebook *int8)

//go:noescape
func decodeQ6AVX2(w *byte, d *float32, tile *byte)

//go:noescape
func decodeQ8AVX2(w *byte, d *float32, tile *byte)

//go:noescape
func productAVX2x12(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productAVX2x8(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productAVX2x4(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productAVX2x1(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productWideAVX2x12(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productWideAVX2x8(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productWideAVX2x4(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productWideAVX2x1(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)
