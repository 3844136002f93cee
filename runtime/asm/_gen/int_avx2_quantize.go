package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// quantizeAVX2 reads a group of 128 columns twice: for its maximum, then 32
// columns at a time. Magnitudes are compared as integers, which order as they do
// and let no NaN pass.
//
//	Y0 … Y7    columns; before, maxima
//	Y8         Σ q, in parts
//	Y9, Y10    scale, 127/max
//	Y13, Y14   bytes and words of 1
//	Y15        mask of the magnitude
func quantizeAVX2() {
	TEXT("quantizeAVX2", NOSPLIT, "func(q *int8, scale *float32, comp *int32, x *float32, groups, m int)")
	q, scale, comp := Load(Param("q"), GP64()), Load(Param("scale"), GP64()), Load(Param("comp"), GP64())
	x, groups, m4 := Load(Param("x"), GP64()), Load(Param("groups"), GP64()), Load(Param("m"), GP64())
	SHLQ(Imm(2), m4) // bytes between 4 columns of a row and the next 4
	limit := GLOBL("quantizeLimit", RODATA|NOPTR)
	DATA(0, F32(127))
	VPCMPEQD(Y15, Y15, Y15)
	VPSRLD(Imm(1), Y15, Y15)
	VPCMPEQW(Y14, Y14, Y14)
	VPABSB(Y14, Y13)
	VPSRLW(Imm(15), Y14, Y14)

	Label("quantize_group")
	for i := range 16 {
		if i < 4 {
			VPAND(Mem{Base: x, Disp: 32 * i}, Y15, ymm(i))
			continue
		}
		VPAND(Mem{Base: x, Disp: 32 * i}, Y15, ymm(4+i%4))
		VPMAXUD(ymm(4+i%4), ymm(i%4), ymm(i%4))
	}
	VPMAXUD(Y1, Y0, Y0)
	VPMAXUD(Y3, Y2, Y2)
	VPMAXUD(Y2, Y0, Y0)
	VEXTRACTI128(Imm(1), Y0, X1)
	VPMAXUD(X1, X0, X0)
	VPSHUFD(Imm(0x4e), X0, X1)
	VPMAXUD(X1, X0, X0)
	VPSHUFD(Imm(0xb1), X0, X1)
	VPMAXUD(X1, X0, X0)
	VPXOR(Y8, Y8, Y8)
	VPXOR(X9, X9, X9)    // the scale and
	VPXOR(X10, X10, X10) // the factor of a group of zeros
	most := GP32()
	VMOVD(X0, most)
	CMPL(most, tinyBits)
	JB(LabelRef("quantize_scaled"))
	VMOVSS(limit, X1)
	VDIVSS(X1, X0, X9)
	VDIVSS(X0, X1, X10)
	VSUBSS(X0, X0, X0) // 0, but NaN of ∞ and NaN
	VADDSS(X0, X9, X9)
	Label("quantize_scaled")
	VMOVSS(X9, Mem{Base: scale})
	VBROADCASTSS(X10, Y10)
	for c := range 4 {
		r := 4 * (c % 2)
		a, b := ymm(r), ymm(r+1)
		for i := range 4 {
			VMULPS(Mem{Base: x, Disp: 128*c + 32*i}, Y10, ymm(r+i))
			VCVTPS2DQ(ymm(r+i), ymm(r+i))
		}
		// Packing works in lanes: the low one gets columns 8j … 8j+3, the high one
		// 8j+4 … 8j+7.
		VPACKSSDW(b, a, a)
		VPACKSSDW(ymm(r+3), ymm(r+2), ymm(r+2))
		VPACKSSWB(ymm(r+2), a, a)
		VPMADDUBSW(a, Y13, ymm(r+2))
		VPMADDWD(Y14, ymm(r+2), ymm(r+2))
		VPADDD(ymm(r+2), Y8, Y8)
		VEXTRACTI128(Imm(1), a, xmm(r+1))
		for j := range 4 {
			for _, lane := range []VecPhysical{xmm(r), xmm(r + 1)} {
				VPEXTRD(Imm(uint64(j)), lane, Mem{Base: q})
				ADDQ(m4, q)
			}
		}
	}
	VEXTRACTI128(Imm(1), Y8, X9)
	VPADDD(X9, X8, X8)
	VPSHUFD(Imm(0x4e), X8, X9)
	VPADDD(X9, X8, X8)
	VPSHUFD(Imm(0xb1), X8, X9)
	VPADDD(X9, X8, X8)
	sum := GP32()
	VMOVD(X8, sum)
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
}
