package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The product of pairs of bfloat16: by VDPBF16PS, and for processors without it
// by fused multiply-adds of what it does: first the upper halves, then the lower
// ones, subnormal numbers being zeros. VDPBF16PS does so whatever the modes are;
// the others have them set while they multiply.
func init() {
	amd64["bf16_avx512"] = func() {
		ConstraintExpr("!purego")
		s := &simd{name: "AVX512BF16", width: 16, wide: true, reg: func(i int) VecPhysical { return zmm[i] }}
		s.matmul(multiplier{kernel: "matMul", word: "uint32", count: "pairs", column: func(c matmulBlock, w, a func(i int) Mem) {
			s.multiply(c, w, a, vdpbf16ps)
		}}, blocksAVX512)
	}
}

// bfloats multiplies bfloat16 with instructions for float32.
func (s *simd) bfloats() multiplier {
	return multiplier{kernel: "matMulBF16", word: "uint32", count: "pairs", flush: true, column: func(c matmulBlock, w, a func(i int) Mem) {
		for _, widen := range []func(r VecPhysical){
			func(r VecPhysical) { VANDPS(s.upper(), r, r) },
			func(r VecPhysical) { VPSLLD(Imm(16), r, r) },
		} {
			for v := range c.vectors {
				VMOVUPS(w(v), s.weight(c, v))
				widen(s.weight(c, v))
			}
			x := s.activation(c)
			for t := range c.m {
				VBROADCASTSS(a(t), x)
				widen(x)
				for v := range c.vectors {
					VFMADD231PS(s.weight(c, v), x, s.sum(c, t, v))
				}
			}
		}
	}}
}

// upper is the last register, the mask of the words' upper halves.
func (s *simd) upper() VecPhysical {
	if s.wide {
		return s.reg(31)
	}
	return s.reg(15)
}

// flushModes are two words of the frame: the modes as they are, and with
// subnormal operands and results as zeros.
func (s *simd) flushModes() Mem {
	const denormalsAreZero, flushToZero = 1 << 6, 1 << 15
	modes, bits := AllocLocal(8), GP32()
	STMXCSR(modes)
	MOVL(modes, bits)
	ORL(U32(denormalsAreZero|flushToZero), bits)
	MOVL(bits, modes.Offset(4))
	VBROADCASTSS(s.table(0xffff0000), s.upper())
	return modes
}

// vdpbf16ps is sum += the products of pairs of bfloat16. Go's assembler does not
// know it.
func vdpbf16ps(a, w, sum Op) {
	x, y, z := a.(VecPhysical), w.(VecPhysical), sum.(VecPhysical)
	encoded("vdpbf16ps", "zmm", "AVX512_BF16", evexBF16(x, y, z), x, y, z)
}

// evexBF16 encodes vdpbf16ps sum, w, a.
func evexBF16(a, w, sum VecPhysical) []byte {
	r, v, rm := byte(sum.PhysicalIndex()), byte(w.PhysicalIndex()), byte(a.PhysicalIndex())
	return []byte{
		0x62,
		^r>>3&1<<7 | ^rm>>4&1<<6 | ^rm>>3&1<<5 | ^r>>4&1<<4 | 2, // not R, X, B, R'; map 0F38
		^v&15<<3 | 1<<2 | 2, // W0, not vvvv, prefix F3
		2<<5 | ^v>>4&1<<3,   // 512 bits, not V'
		0x52,
		3<<6 | r&7<<3 | rm&7,
	}
}
