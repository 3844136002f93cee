//go:build !purego

package asm

// searchAVX2 needs AVX2.
var searchAVX2 = searchKernels{
	readColumns:     readColumnsAVX2,
	readColumnsBF16: readColumnsBF16AVX2,
	errors:          errorsAVX2,
	q8:              searchQ8AVX2,
	table:           gridKernels{free: freeTableAVX2, scale: scaleTableAVX2, fit: fitTableAVX2, codes: codesTableAVX2},
	binned:          gridKernels{free: freeTableAVX2, scale: scaleTableAVX2, fit: fitTableAVX2, codes: codesTableAVX2},
	uniform:         gridKernels{free: freeUniformAVX2, scale: scaleUniformAVX2, fit: fitUniformAVX2, codes: codesUniformAVX2},
}

//go:noescape
func readColumnsAVX2(dst, src *float32, stride int) uint32

//go:noescape
func readColumnsBF16AVX2(dst *float32, src *byte, stride int) uint32

//go:noescape
func errorsAVX2(sums *float64, x *float32, w *int8, d *float32, vectors int)

//go:noescape
func searchQ8AVX2(w *int8, d, x, imp *float32)

//go:noescape
func freeTableAVX2(want, x, imp *float32, grid *Grid)

//go:noescape
func scaleTableAVX2(s, sum, x, imp, want, inv *float32, grid *Grid, tries int)

//go:noescape
func fitTableAVX2(sums, x, imp, s, inv *float32, grid *Grid)

//go:noescape
func codesTableAVX2(code, w *int8, x, s, inv *float32, grid *Grid)

//go:noescape
func freeUniformAVX2(want, x, imp *float32, grid *Grid)

//go:noescape
func scaleUniformAVX2(s, sum, x, imp, want, inv *float32, grid *Grid, tries int)

//go:noescape
func fitUniformAVX2(sums, x, imp, s, inv *float32, grid *Grid)

//go:noescape
func codesUniformAVX2(code, w *int8, x, s, inv *float32, grid *Grid)
