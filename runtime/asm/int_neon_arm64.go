//go:build !purego

package asm

// intNEON needs no more than every arm64 processor has. Weights stand as in
// genericInts.
var intNEON = intKernels{
	step:     4,
	quantize: quantizeNEON,
	decodeQ4: decodeQ4NEON,
	decodeQ6: decodeQ6NEON,
	decodeQ8: decodeQ8NEON,
	product: [len(widths)]productKernel{
		productNEONx12, productNEONx8, productNEONx4, productNEONx1,
	},
	probe:     probeNEON,
	probeMACs: 16 * 8,
}

//go:noescape
func quantizeNEON(q *int8, scale *float32, comp *int32, x *float32, groups, m int)

//go:noescape
func decodeQ4NEON(w *byte, d *float32, tile *byte, codebook *int8)

//go:noescape
func decodeQ6NEON(w *byte, d *float32, tile *byte)

//go:noescape
func decodeQ8NEON(w *byte, d *float32, tile *byte)

//go:noescape
func productNEONx12(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productNEONx8(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productNEONx4(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func productNEONx1(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)

//go:noescape
func probeNEON(n int)
