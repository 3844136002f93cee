package asm

import "unsafe"

// AddOutputs adds the outputs of a product with a strip, [rows][32], to the first
// n ≤ 32 columns of rows of dst, ld apart.
func AddOutputs(dst []float32, ld int, outputs []float32, rows, n int) {
	if whole(dst, ld, outputs, rows, n) {
		active.float.addOutputs(&dst[0], ld, &outputs[0], rows)
		return
	}
	addRows(dst, ld, outputs, rows, n)
}

// CopyOutputs writes outputs where AddOutputs adds them.
func CopyOutputs(dst []float32, ld int, outputs []float32, rows, n int) {
	if whole(dst, ld, outputs, rows, n) {
		active.float.copyOutputs(&dst[0], ld, &outputs[0], rows)
		return
	}
	copyRows(dst, ld, outputs, rows, n)
}

// StreamOutputs is CopyOutputs for a matrix that is too large to stay in a core's
// caches: it leaves them to weights and activations.
func StreamOutputs(dst []float32, ld int, outputs []float32, rows, n int) {
	const line = 64
	if !whole(dst, ld, outputs, rows, n) || ld*4%line != 0 || uintptr(unsafe.Pointer(&dst[0]))%line != 0 {
		CopyOutputs(dst, ld, outputs, rows, n)
		return
	}
	active.float.streamOutputs(&dst[0], ld, &outputs[0], rows)
}

// whole checks the lengths, and reports whether all 32 columns of a row at least
// are meant.
func whole(dst []float32, ld int, outputs []float32, rows, n int) bool {
	if rows == 0 {
		return false
	}
	if n > StripRows || len(outputs) < rows*StripRows || len(dst) < (rows-1)*ld+n {
		panic("asm: outputs: short rows")
	}
	return n == StripRows
}

func addRows(dst []float32, ld int, outputs []float32, rows, n int) {
	for t := range rows {
		row := dst[t*ld:][:n]
		for i, v := range outputs[t*StripRows:][:n] {
			row[i] += v
		}
	}
}

func copyRows(dst []float32, ld int, outputs []float32, rows, n int) {
	for t := range rows {
		copy(dst[t*ld:][:n], outputs[t*StripRows:])
	}
}

// wholeGeneric makes the definition of a kernel for whole rows.
func wholeGeneric(rows func(dst []float32, ld int, outputs []float32, rows, n int)) func(dst *float32, ld int, outputs *float32, rows int) {
	return func(dst *float32, ld int, outputs *float32, n int) {
		rows(unsafe.Slice(dst, (n-1)*ld+StripRows), ld, unsafe.Slice(outputs, n*StripRows), n, StripRows)
	}
}
