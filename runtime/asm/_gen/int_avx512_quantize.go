package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// tinyBits are the bits of 1e-34, below which a group becomes zeros.
var tinyBits = U32(math.Float32bits(1e-34))

// quantizeAVX512 keeps a group of 128 columns in Z0 … Z7. Magnitudes are compared
// as integers, which order as they do and let no NaN pass.
func quantizeAVX512() {
	TEXT("quantizeAVX512", NOSPLIT, "func(q *int8, scale *float32, comp *int32, x *float32, groups, m int)")
	q, scale, comp := Load(Param("q"), GP64()), Load(Param("scale"), GP64()), Load(Param("comp"), GP64())
	x, groups, m4 := Load(Param("x"), GP64()), Load(Param("groups"), GP64()), Load(Param("m"), GP64())
	SHLQ(Imm(2), m4) // bytes between 4 columns of a row and the next 4
	abs := GLOBL("absMask", RODATA|NOPTR)
	DATA(0, U32(0x7fffffff))
	limit := GLOBL("quantizeLimit", RODATA|NOPTR)
	DATA(0, F32(127))
	VPBROADCASTD(abs, Z31)
	Label("quantize_group")
	for i := range 8 {
		VMOVUPS(Mem{Base: x, Disp: 64 * i}, zmm[i])
		VPANDD(Z31, zmm[i], zmm[8+i])
	}
	for h := 4; h > 0; h /= 2 {
		for i := range h {
			VPMAXUD(zmm[8+i+h], zmm[8+i], zmm[8+i])
		}
	}
	VEXTRACTI64X4(Imm(1), Z8, Y9)
	VPMAXUD(Y9, Y8, Y8)
	VEXTRACTI128(Imm(1), Y8, X9)
	VPMAXUD(X9, X8, X8)
	VPSHUFD(Imm(0x4e), X8, X9)
	VPMAXUD(X9, X8, X8)
	VPSHUFD(Imm(0xb1), X8, X9)
	VPMAXUD(X9, X8, X8)
	VPXORD(Z9, Z9, Z9)    // the scale and
	VPXORD(Z10, Z10, Z10) // the factor of a group of zeros
	most := GP32()
	VMOVD(X8, most)
	CMPL(most, tinyBits)
	JB(LabelRef("quantize_zero"))
	VMOVSS(limit, X11)
	VDIVSS(X11, X8, X9)
	VDIVSS(X8, X11, X10)
	VSUBSS(X8, X8, X8) // 0, but NaN of ∞ and NaN
	VADDSS(X8, X9, X9)
	Label("quantize_scaled")
	VMOVSS(X9, Mem{Base: scale})
	VBROADCASTSS(X10, Z10)
	VPXORD(Z12, Z12, Z12)
	for i := range 8 {
		VMULPS(Z10, zmm[i], zmm[i])
		VCVTPS2DQ(zmm[i], zmm[i])
		VPADDD(zmm[i], Z12, Z12)
		VPMOVDB(zmm[i], xmm(i))
	}
	for i := range 8 {
		for j := range 4 {
			if j == 0 {
				VMOVD(xmm(i), Mem{Base: q})
			} else {
				VPEXTRD(Imm(uint64(j)), xmm(i), Mem{Base: q})
			}
			ADDQ(m4, q)
		}
	}
	VEXTRACTI64X4(Imm(1), Z12, Y13)
	VPADDD(Y13, Y12, Y12)
	VEXTRACTI128(Imm(1), Y12, X13)
	VPADDD(X13, X12, X12)
	VPSHUFD(Imm(0x4e), X12, X13)
	VPADDD(X13, X12, X12)
	VPSHUFD(Imm(0xb1), X12, X13)
	VPADDD(X13, X12, X12)
	sum := GP32()
	VMOVD(X12, sum)
	NEGL(sum)
	SHLL(Imm(7), sum)
	MOVL(sum, Mem{Base: comp})
	ADDQ(m4, scale)
	ADDQ(m4, comp)
	ADDQ(imm(512), x)
	DECQ(groups)
	JNE(LabelRef("quantize_group"))
	VZEROUPPER()
	RET()
	Label("quantize_zero")
	JMP(LabelRef("quantize_scaled"))
}
