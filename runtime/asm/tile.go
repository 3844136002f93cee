package asm

import "unsafe"

// AddTile adds a tile of a product, [rows][32], to the first n ≤ 32 columns of
// rows of dst, ld apart.
func AddTile(dst []float32, ld int, tile []float32, rows, n int) {
	if whole(dst, ld, tile, rows, n) {
		active.float.addTile(&dst[0], ld, &tile[0], rows)
		return
	}
	addRows(dst, ld, tile, rows, n)
}

// CopyTile writes a tile where AddTile adds it.
func CopyTile(dst []float32, ld int, tile []float32, rows, n int) {
	if whole(dst, ld, tile, rows, n) {
		active.float.copyTile(&dst[0], ld, &tile[0], rows)
		return
	}
	copyRows(dst, ld, tile, rows, n)
}

// StreamTile is CopyTile for a matrix that is too large to stay in a core's caches:
// it leaves them to weights and activations.
func StreamTile(dst []float32, ld int, tile []float32, rows, n int) {
	const line = 64
	if !whole(dst, ld, tile, rows, n) || ld*4%line != 0 || uintptr(unsafe.Pointer(&dst[0]))%line != 0 {
		CopyTile(dst, ld, tile, rows, n)
		return
	}
	active.float.streamTile(&dst[0], ld, &tile[0], rows)
}

// whole checks the lengths, and reports whether all 32 columns of a row at least
// are meant.
func whole(dst []float32, ld int, tile []float32, rows, n int) bool {
	if rows == 0 {
		return false
	}
	if n > StripRows || len(tile) < rows*StripRows || len(dst) < (rows-1)*ld+n {
		panic("asm: tile: short rows")
	}
	return n == StripRows
}

func addRows(dst []float32, ld int, tile []float32, rows, n int) {
	for t := range rows {
		row := dst[t*ld:][:n]
		for i, v := range tile[t*StripRows:][:n] {
			row[i] += v
		}
	}
}

func copyRows(dst []float32, ld int, tile []float32, rows, n int) {
	for t := range rows {
		copy(dst[t*ld:][:n], tile[t*StripRows:])
	}
}

// wholeGeneric makes the definition of a kernel for whole rows.
func wholeGeneric(rows func(dst []float32, ld int, tile []float32, rows, n int)) func(dst *float32, ld int, tile *float32, rows int) {
	return func(dst *float32, ld int, tile *float32, n int) {
		rows(unsafe.Slice(dst, (n-1)*ld+StripRows), ld, unsafe.Slice(tile, n*StripRows), n, StripRows)
	}
}
