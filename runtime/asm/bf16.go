package asm

import "math"

// MatMulBF16 is MatMul of bfloat16, which come in pairs: the lower half of a word
// is the even column, the upper half the odd one.
//
//	sum = fma(w[k·ldw + r] odd, a[t·lda + k] odd, sum)
//	sum = fma(w[k·ldw + r] even, a[t·lda + k] even, sum)    k = 0 … pairs−1
//
// from sum = 0, and then out[t·ldo + r] += sum. The operands of fma are taken as
// zeros where they are subnormal, and so is its result where it is subnormal
// after rounding; signs stay. It is what VDPBF16PS of AVX-512 does.
//
// Strides are as MatMul's, in words.
func MatMulBF16(out []float32, ldo int, w []uint32, ldw, pairs int, a []uint32, lda, n int) {
	if n == 0 || pairs == 0 {
		return
	}
	checkMatMul(len(out), ldo, len(w), ldw, pairs, len(a), lda, n)
	active.float.matmulBF16(&out[0], ldo, &w[0], ldw, pairs, &a[0], lda, n)
}

// PackBF16 rounds x to pairs of bfloat16, to nearest, ties to even; NaN stays
// NaN. Where x ends with an even column, the odd one is 0.
func PackBF16(dst []uint32, x []float32) {
	if len(dst) != (len(x)+1)/2 {
		panic("asm: pack: lengths differ")
	}
	for i := range len(x) / 2 {
		p := x[2*i : 2*i+2 : 2*i+2]
		dst[i] = toBF16(p[0])>>16 | toBF16(p[1])
	}
	if len(x)%2 == 1 {
		dst[len(dst)-1] = toBF16(x[len(x)-1]) >> 16
	}
}

// toBF16 is x rounded, in the upper half of a word.
func toBF16(x float32) uint32 {
	u := math.Float32bits(x)
	if x != x {
		u |= 1 << 22 // a quiet one has a bit in the upper half
	} else {
		u += 0x7fff + u>>16&1
	}
	return u & 0xffff0000
}
