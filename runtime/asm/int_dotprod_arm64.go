//go:build !purego

package asm

// intDotProd needs FEAT_DotProd. Its weights and activations stand as intNEON's.
var intDotProd = intKernels{
	step:     4,
	quantize: quantizeNEON,
	decodeQ4: decodeQ4NEON,
	decodeQ6: decodeQ6NEON,
	decodeQ8: decodeQ8NEON,
	product: [len(widths)]productKernel{
		productDotProdx12, productDotProdx8, productDotProdx4, productDotProdx1,
	},
	probe:     probeDotProd,
	probeMACs: 24 * 16,
}

//go:noescape
func productDotProdx12(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productDotProdx8(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productDotProdx4(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productDotProdx1(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func probeDotProd(n int)
