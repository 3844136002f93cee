package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// sumExp keeps its 16 lanes of float64 in registers 8, 9 and, with AVX2, 10, 11.
func (s *simd) sumExp() {
	s.begin("sumExp", "func(x *float32, n int, most float32) float64")
	x, n, zero, most := load("x"), load("n"), s.reg(6), s.reg(7)
	broadcast("most", most)
	s.prepareExp(true)
	var sum []VecPhysical
	for i := range 2 * s.parts() {
		sum = append(sum, s.reg(8+i))
	}
	s.clear(zero)
	s.clear(sum...)
	s.loop(n, func(s *step) {
		e, high := s.reg(0), s.reg(2)
		s.load(x, e)
		VSUBPS(most, e, e)
		s.exp(true, e, s.reg(2), s.reg(3), s.reg(4), s.reg(5))
		s.keep(e, zero, e)
		if s.wide {
			VEXTRACTF64X4(Imm(1), e, high.AsY())
			VCVTPS2PD(high.AsY(), high)
			VCVTPS2PD(e.AsY(), e)
		} else {
			VEXTRACTF128(Imm(1), e, high.AsX())
			VCVTPS2PD(high.AsX(), high)
			VCVTPS2PD(e.AsX(), e)
		}
		VADDPD(e, sum[2*s.part], sum[2*s.part])
		VADDPD(high, sum[2*s.part+1], sum[2*s.part+1])
	})
	for h := s.parts(); h > 0; h /= 2 { // whole registers
		for i := range h {
			VADDPD(sum[i+h], sum[i], sum[i])
		}
	}
	y, x0, t := sum[0].AsY(), sum[0].AsX(), zero
	if s.wide {
		VEXTRACTF64X4(Imm(1), sum[0], t.AsY())
		VADDPD(t.AsY(), y, y)
	}
	VEXTRACTF128(Imm(1), y, t.AsX())
	VADDPD(t.AsX(), x0, x0)
	VUNPCKHPD(x0, x0, t.AsX())
	VADDSD(t.AsX(), x0, x0)
	Store(x0, ReturnIndex(0))
	s.end()
}

// argMax finds the maximum, then where it is first. MAXPS returns its second
// source, here what was found before, if an element is NaN.
func (s *simd) argMax() {
	s.begin("argMax", "func(x *float32, n int) int")
	x, n, acc, most := load("x"), load("n"), s.accumulators(), s.reg(10)
	for _, a := range acc {
		VBROADCASTSS(s.table(negInf), a)
	}
	s.loop(n, func(s *step) {
		u, a := s.reg(2*s.part), acc[s.part]
		s.load(x, u)
		VMAXPS(a, u, u)
		s.keep(u, a, a)
	})
	s.fold(VMAXPS, acc)
	VBROADCASTSS(acc[0].AsX(), most)

	bits, found := GP32(), []string{s.label("found"), s.label("found")}
	var at GPVirtual
	s.loop(n, func(s *step) {
		u := s.reg(0)
		s.load(x, u)
		switch {
		case s.wide && s.masked:
			VCMPPS(Imm(0), most, u, K1, K2)
			KMOVW(K2, bits)
		case s.wide:
			VCMPPS(Imm(0), most, u, K2)
			KMOVW(K2, bits)
		default:
			VCMPPS(Imm(0), most, u, u)
			if s.masked {
				VANDPS(s.mask(), u, u)
			}
			VMOVMSKPS(u, bits)
		}
		TESTL(bits, bits)
		JNE(LabelRef(found[s.part]))
		at = s.at
	})
	index := GP64()
	XORQ(index, index) // nothing but NaN
	Store(index, ReturnIndex(0))
	s.end()
	if s.parts() > 1 {
		Label(found[1])
		ADDQ(Imm(32), at)
	}
	Label(found[0])
	TZCNTL(bits, bits)
	SHRQ(Imm(2), at)
	LEAQ(Mem{Base: at, Index: bits.As64(), Scale: 1}, index)
	Store(index, ReturnIndex(0))
	s.end()
}
