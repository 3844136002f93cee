package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// transpose writes words of 32 rows, `stride` bytes apart, as [word][32]; words
// is a multiple of 8. Blocks of 8 rows × 8 words go through the lanes: a register
// has four words of row i below those of row i+4, so that nothing crosses its
// middle.
func transpose() {
	TEXT("transposeAVX2", NOSPLIT, "func(dst *uint32, src *byte, stride, words int)")
	dst, src, stride := load("dst"), load("src"), load("stride")
	stride3, upper, lower, out, k, group := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	MOVQ(U32(4), group)
	Label("group")
	MOVQ(src, lower)
	LEAQ(Mem{Base: src, Index: stride, Scale: 4}, upper)
	MOVQ(dst, out)
	Load(Param("words"), k)
	Label("words")
	for half := range 2 {
		y := 8 * half
		for i := range 4 {
			row := func(base Register) Mem {
				return strided(Mem{Base: base, Disp: 16 * half}, i, stride, stride3)
			}
			VMOVUPS(row(lower), ymm(y+i).AsX())
			VINSERTF128(Imm(1), row(upper), ymm(y+i), ymm(y+i))
		}
		for i := range 2 {
			VUNPCKLPS(ymm(y+2*i+1), ymm(y+2*i), ymm(y+4+i))
			VUNPCKHPS(ymm(y+2*i+1), ymm(y+2*i), ymm(y+6+i))
		}
		for i := range 2 { // words 2i and 2i+1
			VUNPCKLPD(ymm(y+5+2*i), ymm(y+4+2*i), ymm(y+2*i))
			VUNPCKHPD(ymm(y+5+2*i), ymm(y+4+2*i), ymm(y+2*i+1))
		}
		for i := range 4 {
			VMOVUPS(ymm(y+i), Mem{Base: out, Disp: 128 * (4*half + i)})
		}
	}
	ADDQ(Imm(32), lower)
	ADDQ(Imm(32), upper)
	ADDQ(U32(8*128), out)
	SUBQ(Imm(8), k)
	JNE(LabelRef("words"))
	LEAQ(Mem{Base: src, Index: stride, Scale: 8}, src)
	ADDQ(Imm(32), dst)
	DECQ(group)
	JNE(LabelRef("group"))
	VZEROUPPER()
	RET()
}
