package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// vectors writes all kernels but matmul.
func (s *simd) vectors() {
	s.dot()
	s.addOutputs()
	s.copyOutputs()
	s.streamOutputs()
	s.rmsnorm()
	s.silu()
	s.softmax()
	s.rotate()
	s.sumExp()
	s.argMax()
	s.above()
}

// Constants of exp (runtime/asm/exp.go).
const (
	expLow     = 0xc2b00000 // −88
	expHigh    = 0x42b20000 // 89
	expLog2E   = 0x3fb8aa3b
	expShifter = 0x4b40007f // 1.5·2²³ + 127
	expLn2High = 0x3f318000
	expLn2Low  = 0xb95e8083
	one        = 0x3f800000
	signBit    = 0x80000000
)

var expPoly = []uint32{0x3953f87b, 0x3ab6ac60, 0x3c088677, 0x3d2aaa65, 0x3e2aaaac, 0x3f000000}

// prepareExp loads the constants of exp. Without high, no argument is above 0.
func (s *simd) prepareExp(high bool) {
	s.inRegister(expLow)
	if high {
		s.inRegister(expHigh)
	}
	for _, c := range []uint32{expLog2E, expShifter, expLn2High, expLn2Low, one} {
		s.constant(c)
	}
	for _, c := range expPoly {
		s.constant(c)
	}
}

// exp replaces x by eˣ; t, r, u and v are scratch. The clamps have x where MAXPS
// and MINPS have the operand that they return if one is NaN.
func (s *simd) exp(high bool, x, t, r, u, v VecPhysical) {
	VMAXPS(x, s.inRegister(expLow), x)
	if high {
		VMINPS(x, s.inRegister(expHigh), x)
	}
	VMULPS(s.constant(expLog2E), x, t)
	VADDPS(s.constant(expShifter), t, t)
	VSUBPS(s.constant(expShifter), t, u) // n
	VMULPS(s.constant(expLn2High), u, r)
	VSUBPS(r, x, r)
	VMULPS(s.constant(expLn2Low), u, u)
	VSUBPS(u, r, r)
	VMULPS(r, r, u)
	for i := 0; i < len(expPoly); i += 2 {
		p := x
		if i > 0 {
			p = v
		}
		VMULPS(s.constant(expPoly[i]), r, p)
		VADDPS(s.constant(expPoly[i+1]), p, p)
		if i > 0 {
			VADDPS(v, x, x)
		}
		VMULPS(u, x, x)
	}
	VADDPS(r, x, x)
	VADDPS(s.constant(one), x, x)
	VPSLLD(Imm(23), t, t) // 2ⁿ
	VMULPS(t, x, x)
}

func (s *simd) dot() {
	s.begin("dot", "func(x, y *float32, n int) float32")
	x, y, n, acc := load("x"), load("y"), load("n"), s.accumulators()
	s.clear(acc...)
	s.loop(n, func(s *step) {
		u, v := s.reg(2*s.part), s.reg(2*s.part+1)
		s.load(x, u)
		s.load(y, v)
		VMULPS(v, u, u)
		VADDPS(u, acc[s.part], acc[s.part])
	})
	s.fold(VADDPS, acc)
	Store(acc[0].AsX(), ReturnIndex(0))
	s.end()
}

func (s *simd) rmsnorm() {
	s.begin("rmsNorm", "func(dst, x, w *float32, n int, r float32)")
	dst, x, w, n, r := load("dst"), load("x"), load("w"), load("n"), s.reg(8)
	broadcast("r", r)
	s.loop(n, func(s *step) {
		u, v := s.reg(2*s.part), s.reg(2*s.part+1)
		s.load(x, u)
		s.load(w, v)
		VMULPS(r, u, u)
		VMULPS(v, u, u)
		s.store(u, dst)
	})
	s.end()
}

func (s *simd) silu() {
	s.begin("silu", "func(dst, gate, up *float32, n int)")
	dst, gate, up, n := load("dst"), load("gate"), load("up"), load("n")
	s.prepareExp(true)
	s.constant(signBit)
	s.loop(n, func(s *step) {
		g, e, v := s.reg(0), s.reg(1), s.reg(5)
		s.load(gate, g)
		if s.wide {
			VPXORD(s.constant(signBit), g, e)
		} else {
			VXORPS(s.constant(signBit), g, e)
		}
		s.exp(true, e, s.reg(2), s.reg(3), s.reg(4), s.reg(5))
		VADDPS(s.constant(one), e, e)
		VDIVPS(e, g, g)
		s.load(up, v)
		VMULPS(v, g, g)
		s.store(g, dst)
	})
	s.end()
}

// softmax passes over x three times: maximum, exponentials with their sum,
// quotient. Products with the scale are computed twice rather than stored.
func (s *simd) softmax() {
	s.begin("softmax", "func(x *float32, n int, scale float32)")
	x, n, acc := load("x"), load("n"), s.accumulators()
	scale, most := s.reg(10), s.reg(11)
	broadcast("scale", scale)
	s.prepareExp(false)
	for _, a := range acc {
		VBROADCASTSS(s.table(negInf), a)
	}
	s.loop(n, func(s *step) {
		u, v := s.reg(2*s.part), s.reg(2*s.part+1)
		a := acc[s.part]
		if !s.masked {
			VMULPS(s.mem(x), scale, u)
			VMAXPS(u, a, a)
			return
		}
		s.load(x, u)
		VMULPS(u, scale, u)
		VMAXPS(u, a, v)
		s.keep(v, a, a)
	})
	s.fold(VMAXPS, acc)
	VBROADCASTSS(acc[0].AsX(), most)
	s.clear(acc...)
	s.loop(n, func(s *step) {
		e, a := s.reg(0), acc[s.part]
		s.load(x, e)
		VMULPS(scale, e, e)
		VSUBPS(most, e, e)
		s.exp(false, e, s.reg(2), s.reg(3), s.reg(4), s.reg(5))
		s.store(e, x)
		VADDPS(e, a, e)
		s.keep(e, a, a)
	})
	s.fold(VADDPS, acc)
	f := s.reg(1)
	VMOVSS(s.table(one), f.AsX())
	VDIVSS(acc[0].AsX(), f.AsX(), f.AsX())
	VBROADCASTSS(f.AsX(), f)
	s.loop(n, func(s *step) {
		u := s.reg(2 + s.part)
		s.load(x, u)
		VMULPS(f, u, u)
		s.store(u, x)
	})
	s.end()
}

const negInf = 0xff800000

// rotate reads both halves of a pair before it writes either.
func (s *simd) rotate() {
	s.begin("rotate", "func(x, cos, sin *float32, n int)")
	lo, cos, sin, n := load("x"), load("cos"), load("sin"), load("n")
	hi := GP64()
	LEAQ(Mem{Base: lo, Index: n, Scale: 4}, hi)
	s.loop(n, func(s *step) {
		a, b, c, d, u, v := s.reg(0), s.reg(1), s.reg(2), s.reg(3), s.reg(4), s.reg(5)
		s.load(lo, a)
		s.load(hi, b)
		s.load(cos, c)
		s.load(sin, d)
		VMULPS(c, a, u)
		VMULPS(d, b, v)
		VSUBPS(v, u, u)
		VMULPS(c, b, b)
		VMULPS(d, a, a)
		VADDPS(a, b, b)
		s.store(u, lo)
		s.store(b, hi)
	})
	s.end()
}
