//go:build !purego

package asm

// searchAVX512 needs AVX-512 F, DQ and VL, and FMA.
var searchAVX512 = searchKernels{
	readColumns:     readColumnsAVX512,
	readColumnsBF16: readColumnsBF16AVX512,
	errors:          errorsAVX512,
	q8:              searchQ8AVX512,
	table:           gridKernels{free: freeTableAVX512, scale: scaleTableAVX512, fit: fitTableAVX512, codes: codesTableAVX512},
	binned:          gridKernels{free: freeBinnedAVX512, scale: scaleBinnedAVX512, fit: fitBinnedAVX512, codes: codesTableAVX512},
	uniform:         gridKernels{free: freeUniformAVX512, scale: scaleUniformAVX512, fit: fitUniformAVX512, codes: codesUniformAVX512},
}

//go:noescape
func readColumnsAVX512(dst, src *float32, stride int) uint32

//go:noescape
func readColumnsBF16AVX512(dst *float32, src *byte, stride int) uint32

//go:noescape
func errorsAVX512(sums *float64, x *float32, w *int8, d *float32, vectors int)

//go:noescape
func searchQ8AVX512(w *int8, d, x, imp *float32)

//go:noescape
func freeTableAVX512(want, x, imp *float32, grid *Grid)

//go:noescape
func scaleTableAVX512(s, sum, x, imp, want, inv *float32, grid *Grid, tries int)

//go:noescape
func fitTableAVX512(sums, x, imp, s, inv *float32, grid *Grid)

//go:noescape
func codesTableAVX512(code, w *int8, x, s, inv *float32, grid *Grid)

//go:noescape
func freeUniformAVX512(want, x, imp *float32, grid *Grid)

//go:noescape
func scaleUniformAVX512(s, sum, x, imp, want, inv *float32, grid *Grid, tries int)

//go:noescape
func fitUniformAVX512(sums, x, imp, s, inv *float32, grid *Grid)

//go:noescape
func codesUniformAVX512(code, w *int8, x, s, inv *float32, grid *Grid)

//go:noescape
func freeBinnedAVX512(want, x, imp *float32, grid *Grid)

//go:noescape
func scaleBinnedAVX512(s, sum, x, imp, want, inv *float32, grid *Grid, tries int)

//go:noescape
func fitBinnedAVX512(sums, x, imp, s, inv *float32, grid *Grid)
