//go:build !purego

package asm

// intI8MM needs FEAT_I8MM and FEAT_DotProd. Weights stand in vectors of 16 rows
// × 8 columns (byte 8r+c), activations as well.
var intI8MM = intKernels{
	step:     8,
	quantize: quantizeI8MM,
	decodeQ4: decodeQ4I8MM,
	decodeQ6: decodeQ6I8MM,
	decodeQ8: decodeQ8I8MM,
	product: [len(widths)]productKernel{
		productI8MMx12, productI8MMx8, productI8MMx4, productI8MMx1,
	},
	probe:     probeI8MM,
	probeMACs: 24 * 32,
}

//go:noescape
func quantizeI8MM(q *int8, scale *float32, comp *int32, x *float32, groups, m int)

//go:noescape
func decodeQ4I8MM(w *byte, d *float32, tile *byte, codebook *int8)

//go:noescape
func decodeQ6I8MM(w *byte, d *float32, tile *byte)

//go:noescape
func decodeQ8I8MM(w *byte, d *float32, tile *byte)

//go:noescape
func productI8MMx12(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productI8MMx8(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productI8MMx4(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productI8MMx1(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func probeI8MM(n int)
