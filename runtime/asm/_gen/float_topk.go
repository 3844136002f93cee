package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// above compares 16 elements a step and rarely finds any. AVX-512 compresses
// their indices into a register, the rest of which the next store overwrites;
// AVX2 takes bit by bit.
func (s *simd) above() {
	s.begin("above", "func(ids *int32, x *float32, n int, t float32) int")
	ids, x, n, t, iota := load("ids"), load("x"), load("n"), s.reg(8), s.reg(9)
	broadcast("t", t)
	if s.wide {
		VMOVDQU32(s.ascending(), iota)
	}
	found := GP64()
	XORQ(found, found)
	s.loop(n, func(s *step) {
		const greater = 0x1e // ordered: no NaN is
		u, none := s.reg(s.part), s.label("none")
		hits, at := GP32(), GP32()
		s.load(x, u)
		switch {
		case s.wide && s.masked:
			VCMPPS(Imm(greater), t, u, K1, K2)
			KMOVW(K2, hits)
		case s.wide:
			VCMPPS(Imm(greater), t, u, K2)
			KMOVW(K2, hits)
		default:
			VCMPPS(Imm(greater), t, u, u)
			if s.masked {
				VANDPS(s.mask(), u, u)
			}
			VMOVMSKPS(u, hits)
		}
		TESTL(hits, hits)
		JEQ(LabelRef(none))
		MOVL(s.at.As32(), at)
		SHRL(Imm(2), at)
		if s.wide {
			VPBROADCASTD(at, u)
			VPADDD(iota, u, u)
			VPCOMPRESSD_Z(u, K2, u)
			VMOVDQU32(u, Mem{Base: ids, Index: found, Scale: 4})
			POPCNTL(hits, hits)
			ADDQ(hits.As64(), found)
		} else {
			again, i := s.label("hit"), GP32()
			Label(again)
			TZCNTL(hits, i)
			LEAL(Mem{Base: at, Index: i, Scale: 1, Disp: 8 * s.part}, i)
			MOVL(i, Mem{Base: ids, Index: found, Scale: 4})
			INCQ(found)
			LEAL(Mem{Base: hits, Disp: -1}, i) // all but the lowest bit
			ANDL(i, hits)
			JNE(LabelRef(again))
		}
		Label(none)
	})
	Store(found, ReturnIndex(0))
	s.end()
}

// ascending is the words 0 … 15.
func (s *simd) ascending() Mem {
	m := GLOBL("ascending", RODATA|NOPTR)
	for i := range 16 {
		DATA(4*i, U32(uint32(i)))
	}
	return m
}
