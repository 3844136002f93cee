//go:build !purego

package asm

// intAVX512 needs AVX-512 F, BW, DQ, VL and VNNI.
var intAVX512 = intKernels{
	step:     4,
	quantize: quantizeAVX512,
	decodeQ4: decodeQ4AVX512,
	decodeQ6: decodeQ6AVX512,
	decodeQ8: decodeQ8AVX512,
	product: [len(widths)]productKernel{
		productAVX512x12, productAVX512x8, productAVX512x4, productAVX512x1,
	},
	decodingProduct: [len(tileBytes)][len(widths)]decodingKernel{
		Q4: {decodingProductQ4AVX512x12, decodingProductQ4AVX512x8},
		Q6: {decodingProductQ6AVX512x12, decodingProductQ6AVX512x8},
		Q8: {decodingProductQ8AVX512x12, decodingProductQ8AVX512x8},
	},
	askingProduct: askingProductAVX512x12,
	probe:         probeAVX512,
	probeMACs:     24 * 64,
}

//go:noescape
func quantizeAVX512(q *int8, scale *float32, comp *int32, x *float32, groups, m int)

//go:noescape
func decodeQ4AVX512(w *byte, d *float32, tile *byte, codebook *int8)

//go:noescape
func decodeQ6AVX512(w *byte, d *float32, tile *byte)

//go:noescape
func decodeQ8AVX512(w *byte, d *float32, tile *byte)

//go:noescape
func productAVX512x12(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productAVX512x8(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productAVX512x4(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productAVX512x1(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func decodingProductQ4AVX512x12(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, nextW *byte, nextD *float32, upper, lower, upperAhead, lowerAhead *byte, codebook *int8)

//go:noescape
func decodingProductQ4AVX512x8(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, nextW *byte, nextD *float32, upper, lower, upperAhead, lowerAhead *byte, codebook *int8)

//go:noescape
func decodingProductQ6AVX512x12(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, nextW *byte, nextD *float32, upper, lower, upperAhead, lowerAhead *byte, codebook *int8)

//go:noescape
func decodingProductQ6AVX512x8(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, nextW *byte, nextD *float32, upper, lower, upperAhead, lowerAhead *byte, codebook *int8)

//go:noescape
func decodingProductQ8AVX512x12(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, nextW *byte, nextD *float32, upper, lower, upperAhead, lowerAhead *byte, codebook *int8)

//go:noescape
func decodingProductQ8AVX512x8(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, nextW *byte, nextD *float32, upper, lower, upperAhead, lowerAhead *byte, codebook *int8)

//go:noescape
func askingProductAVX512x12(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int, upperAhead, lowerAhead *byte)
