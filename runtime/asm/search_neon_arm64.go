//go:build !purego

package asm

// searchNEON needs no more than every arm64 has. Tables are searched in bytes,
// where the number of midpoints in a bin does not matter.
var searchNEON = searchKernels{
	readColumns:     readColumnsNEON,
	readColumnsBF16: readColumnsBF16NEON,
	errors:          errorsNEON,
	q8:              searchQ8NEON,
	table:           gridKernels{free: freeTableNEON, scale: scaleTableNEON, fit: fitTableNEON, codes: codesTableNEON},
	binned:          gridKernels{free: freeTableNEON, scale: scaleTableNEON, fit: fitTableNEON, codes: codesTableNEON},
	uniform:         gridKernels{free: freeUniformNEON, scale: scaleUniformNEON, fit: fitUniformNEON, codes: codesUniformNEON},
}

//go:noescape
func readColumnsNEON(dst, src *float32, stride int) uint32

//go:noescape
func readColumnsBF16NEON(dst *float32, src *byte, stride int) uint32

//go:noescape
func errorsNEON(sums *float64, x *float32, w *int8, d *float32, vectors int)

//go:noescape
func searchQ8NEON(w *int8, d, x, imp *float32)

//go:noescape
func freeTableNEON(want, x, imp *float32, grid *Grid)

//go:noescape
func scaleTableNEON(s, sum, x, imp, want, inv *float32, grid *Grid, tries int)

//go:noescape
func fitTableNEON(sums, x, imp, s, inv *float32, grid *Grid)

//go:noescape
func codesTableNEON(code, w *int8, x, s, inv *float32, grid *Grid)

//go:noescape
func freeUniformNEON(want, x, imp *float32, grid *Grid)

//go:noescape
func scaleUniformNEON(s, sum, x, imp, want, inv *float32, grid *Grid, tries int)

//go:noescape
func fitUniformNEON(sums, x, imp, s, inv *float32, grid *Grid)

//go:noescape
func codesUniformNEON(code, w *int8, x, s, inv *float32, grid *Grid)
