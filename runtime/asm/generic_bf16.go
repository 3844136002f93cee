package asm

import (
	"math"
	"unsafe"
)

// matMulBF16Generic widens weights once for some rows of activations.
func matMulBF16Generic(out *float32, ldo int, w *uint32, ldw, pairs int, a *uint32, lda, n int) {
	outs, ws := unsafe.Slice(out, (n-1)*ldo+StripRows), unsafe.Slice(w, (pairs-1)*ldw+StripRows)
	as := unsafe.Slice(a, (n-1)*lda+pairs)
	for t := 0; t < n; t += 4 {
		m := min(n-t, 4)
		var sums [4][StripRows]float32
		for k := range pairs {
			ws := (*[StripRows]uint32)(ws[k*ldw:])
			for half := range 2 {
				shift := 16 * half // odd columns first: they are in place
				var wide [StripRows]float32
				for r, w := range ws {
					wide[r] = fromBF16(w << shift)
				}
				for i := range m {
					fmaColumn(&sums[i], &wide, fromBF16(as[(t+i)*lda+k]<<shift), 0, fmaFlush)
				}
			}
		}
		for i := range m {
			for r, s := range sums[i] {
				outs[(t+i)*ldo+r] += s
			}
		}
	}
}

// fromBF16 is the upper half of u; a subnormal one is zero.
func fromBF16(u uint32) float32 {
	if u&0x7f800000 == 0 {
		return math.Float32frombits(u & 0x80000000)
	}
	return math.Float32frombits(u & 0xffff0000)
}
