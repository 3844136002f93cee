//go:build !purego

package asm

import (
	"math"
	"unsafe"
)

// matMulBF16NEON takes four rows at a time and computes them again where a sum
// became subnormal (sumBF16NEON).
func matMulBF16NEON(out *float32, ldo int, w *uint32, ldw, pairs int, a *uint32, lda, n int) {
	outs, as := unsafe.Slice(out, (n-1)*ldo+StripRows), unsafe.Slice(a, (n-1)*lda+pairs)
	for t := 0; t < n; t += 4 {
		m := min(n-t, 4)
		var sums [4 * StripRows]float32
		for i := range sums {
			sums[i] = float32(math.Copysign(0, -1)) // the zero that changes no sum
		}
		if sumBF16NEON(&sums[0], StripRows, w, ldw, pairs, &as[t*lda], lda, m) != 0 {
			matMulBF16Generic(&outs[t*ldo], ldo, w, ldw, pairs, &as[t*lda], lda, m)
			continue
		}
		addOutputsNEON(&outs[t*ldo], ldo, &sums[0], m)
	}
}

// sumBF16NEON adds sums to out. It is not 0 if one of them was flushed to zero on
// the way.
//
//go:noescape
func sumBF16NEON(out *float32, ldo int, w *uint32, ldw, pairs int, a *uint32, lda, n int) int
