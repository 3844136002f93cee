package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// folded replaces c by ⌊c·st + ½⌋; the sum is exact.
func (s *search) folded(c VecPhysical, st Op) {
	VMULPS(st, c, c)
	VADDPS(s.hot(f32(0.5)), c, c)
	s.floor(c, c)
}

// factor is f = inv·(unit/sc), 0 where sc is 0, and st = sc·step.
func (s *search) factor(g Register, sc VecPhysical, inv Op, f, st, t VecPhysical) {
	VBROADCASTSS(Mem{Base: g, Disp: gridUnit}, f)
	VDIVPS(sc, f, f)
	VMULPS(inv, f, f)
	s.zero(t)
	const notEqual = 0x0c
	s.zeroUnless(s.compare(notEqual, sc, t, 1, t), f)
	VBROADCASTSS(Mem{Base: g, Disp: gridStep}, st)
	VMULPS(sc, st, st)
}

func (s *search) free(grid grid) {
	s.begin(grid.kernel("free"), "func(want, x, imp *float32, grid *byte)")
	want, x, imp, g := load("want"), load("x"), load("imp"), load("grid")
	grid.prepare(g)
	f, sum, best, bestErr := s.alloc(), s.alloc(), s.alloc(), s.alloc()
	first := s.next
	t, t2, t3, t4, c := s.alloc(), s.alloc(), s.alloc(), s.alloc(), s.alloc()
	m, divisor := s.slot(), s.slot()
	temporaries := s.next
	for part := range s.parts() {
		s.reset(first)
		s.peak(x, part, 32, bestErr)
		s.reset(temporaries)
		s.put(bestErr, m)
		VMOVUPS(s.constant(f32(1)), t2)
		mask := s.compare(greaterEqual, bestErr, s.constant(f32(negligible)), 1, t3)
		s.blend(mask, bestErr, t2, t2)
		s.put(t2, divisor)
		VBROADCASTSS(Mem{Base: g, Disp: gridLead}, best)
		VDIVPS(divisor, best, best)
		VMOVUPS(s.constant(f32(infinity)), bestErr)
		left, lead, again := GP64(), GP64(), s.label("lead")
		MOVQ(Mem{Base: g, Disp: gridLeads}, left)
		LEAQ(Mem{Base: g, Disp: gridLead}, lead)
		Label(again)
		VBROADCASTSS(Mem{Base: lead}, f)
		VDIVPS(divisor, f, f)
		s.zero(sum)
		s.columns(x, imp, part, 32, func(_ int, x, imp Mem) {
			e := t3
			if s.wide {
				e = s.alloc()
			}
			VMULPS(x, f, t)
			if s.wide {
				VMOVAPS(t, e)
			}
			grid.near(t, t2, t3, t4, c)
			if !s.wide {
				VMULPS(x, f, e)
			}
			VSUBPS(c, e, e)
			s.addWeighted(imp, e, e, t2, sum)
			s.reset(temporaries)
		})
		VBROADCASTSS(Mem{Base: lead, Disp: 4}, t)
		VMULPS(t, sum, sum)
		mask = s.compare(less, sum, bestErr, 1, t)
		s.blend(mask, sum, bestErr, bestErr)
		s.blend(mask, f, best, best)
		ADDQ(Imm(8), lead)
		DECQ(left)
		JNE(LabelRef(again))

		xv, vv := sum, bestErr
		s.zero(xv, vv)
		s.columns(x, imp, part, 32, func(_ int, x, imp Mem) {
			VMULPS(x, best, t)
			grid.near(t, t2, t3, t4, c)
			VMULPS(x, c, t)
			s.weigh(imp, t, c, t2, t3, xv, vv)
		})
		VDIVPS(vv, xv, t)   // the fit
		VMULPS(best, t, t2) // and its ratio to 1/best
		VMOVUPS(s.constant(f32(1)), c)
		VDIVPS(best, c, c)
		both := s.compare(less, t2, s.constant(f32(2)), 1, t3)
		more := s.compare(greater, t2, s.constant(f32(0.5)), 2, t4)
		s.blend(both, t, c, t)
		s.blend(more, t, c, t)
		s.get(m, c)
		s.zeroUnless(s.compare(greaterEqual, c, s.constant(f32(negligible)), 1, t3), t)
		VMOVUPS(t, s.lanes(want, part, 0))
	}
	s.end()
}

// weigh is xv += imp·xn and vv += imp·(n·n); all but the sums are lost.
func (s *search) weigh(imp Mem, xn, n, t, t2, xv, vv VecPhysical) {
	VMULPS(n, n, t)
	if s.wide {
		VMULPS_BCST(imp, xn, xn)
		VMULPS_BCST(imp, t, t)
	} else {
		VBROADCASTSS(imp, t2)
		VMULPS(t2, xn, xn)
		VMULPS(t2, t, t)
	}
	VADDPS(xn, xv, xv)
	VADDPS(t, vv, vv)
}

// offsets is what is added to the first sub-scale.
func (s *search) offsets() Mem {
	if s.nearby == nil {
		m := GLOBL("nearby", RODATA|NOPTR)
		for i, o := range []float32{0, -1, 1, -2, 2, -3, 3} {
			DATA(4*i, F32(o))
		}
		s.nearby = &m
	}
	return *s.nearby
}

func (s *search) scale(grid grid) {
	signature := "func(s, sum, x, imp, want, inv *float32, grid *byte, tries int)"
	s.begin(grid.kernel("scale"), signature)
	out, total, x, imp := load("s"), load("sum"), load("x"), load("imp")
	want, inv, g := load("want"), load("inv"), load("grid")
	grid.prepare(g)
	s.hot(f32(0.5))
	f, sum := s.alloc(), s.alloc()
	t, t2, t3, t4, c := s.alloc(), s.alloc(), s.alloc(), s.alloc(), s.alloc()
	st, first, sc, best, bestErr := s.slot(), s.slot(), s.slot(), s.slot(), s.slot()
	temporaries := s.next
	for part := range s.parts() {
		VBROADCASTSS(Mem{Base: g, Disp: gridUnit}, t)
		VMULPS(s.lanes(inv, part, 0), t, t)
		VMULPS(s.lanes(want, part, 0), t, t)
		VADDPS(s.constant(f32(3<<22)), t, t)
		VSUBPS(s.constant(f32(3<<22)), t, t)
		s.clamp(t)
		s.put(t, first)
		s.put(t, best)
		VMOVUPS(s.constant(f32(infinity)), t)
		s.put(t, bestErr)
		left, offset, again := GP64(), GP64(), s.label("try")
		Load(Param("tries"), left)
		LEAQ(s.offsets(), offset)
		Label(again)
		VBROADCASTSS(Mem{Base: offset}, t)
		VADDPS(first, t, t)
		s.clamp(t)
		s.put(t, sc)
		s.factor(g, t, s.lanes(inv, part, 0), f, t2, t3)
		s.put(t2, st)
		s.zero(sum)
		invariant := Op(s.lanes(inv, part, 0))
		if s.wide {
			r := s.alloc()
			VMOVUPS(invariant, r)
			invariant = r
		}
		loop := s.next
		s.columns(x, imp, part, 32, func(_ int, x, imp Mem) {
			v := t3
			if s.wide {
				v = s.alloc()
			}
			VMULPS(x, f, t)
			grid.near(t, t2, t3, t4, c)
			s.folded(c, st)
			VMOVUPS(x, v)
			VMULPS(invariant, v, v)
			VSUBPS(c, v, v)
			s.addWeighted(imp, v, v, t2, sum)
			s.reset(loop)
		})
		s.get(bestErr, t)
		mask := s.compare(less, sum, t, 1, t2)
		s.blend(mask, sum, t, t)
		s.put(t, bestErr)
		s.get(best, t)
		s.blend(mask, sc, t, t)
		s.put(t, best)
		ADDQ(Imm(4), offset)
		DECQ(left)
		JNE(LabelRef(again))
		s.reset(temporaries)

		s.get(best, t)
		VMOVUPS(t, s.lanes(out, part, 0))
		VMOVUPS(s.lanes(total, part, 0), t)
		VADDPS(bestErr, t, t)
		VMOVUPS(t, s.lanes(total, part, 0))
	}
	s.end()
}

// clamp limits to ±127.
func (s *search) clamp(t VecPhysical) {
	VMAXPS(s.constant(f32(-127)), t, t)
	VMINPS(s.constant(f32(127)), t, t)
}

func (s *search) fit(grid grid) {
	s.begin(grid.kernel("fit"), "func(sums, x, imp, s, inv *float32, grid *byte)")
	sums, x, imp, sc, inv, g := load("sums"), load("x"), load("imp"), load("s"), load("inv"), load("grid")
	grid.prepare(g)
	s.hot(f32(0.5))
	f, xv, vv := s.alloc(), s.alloc(), s.alloc()
	t, t2, t3, t4, c := s.alloc(), s.alloc(), s.alloc(), s.alloc(), s.alloc()
	st := s.slot()
	for part := range s.parts() {
		VMOVUPS(s.lanes(sc, part, 0), t)
		s.factor(g, t, s.lanes(inv, part, 0), f, t2, t3)
		s.put(t2, st)
		VMOVUPS(s.lanes(sums, part, 0), xv)
		VMOVUPS(s.lanes(sums, part, 1), vv)
		s.columns(x, imp, part, 32, func(_ int, x, imp Mem) {
			VMULPS(x, f, t)
			grid.near(t, t2, t3, t4, c)
			s.folded(c, st)
			VMULPS(x, c, t)
			s.weigh(imp, t, c, t2, t3, xv, vv)
		})
		VMOVUPS(xv, s.lanes(sums, part, 0))
		VMOVUPS(vv, s.lanes(sums, part, 1))
	}
	s.end()
}

// codes gathers four columns in the bytes of words: a vector of a panel.
func (s *search) codes(grid indexedGrid) {
	s.begin(grid.kernel("codes"), "func(code, w *int8, x, s, inv *float32, grid *byte)")
	code, w, x, sc, inv, g := load("code"), load("w"), load("x"), load("s"), load("inv"), load("grid")
	grid.prepare(g)
	s.hot(f32(0.5))
	words, weights := s.alloc(), s.alloc()
	t, t2, t3, t4, c := s.alloc(), s.alloc(), s.alloc(), s.alloc(), s.alloc()
	f, st, up, down := s.slot(), s.slot(), s.slot(), s.slot()
	temporaries := s.next
	cp, wp := GP64(), GP64()
	for part := range s.parts() {
		VMOVUPS(s.lanes(sc, part, 0), t)
		s.factor(g, t, s.lanes(inv, part, 0), t2, t3, t4)
		s.put(t2, f)
		s.put(t3, st)
		// up is −1 where s is below 0, down its opposite.
		VMOVUPS(s.constant(f32(1)), t2)
		VMOVUPS(s.constant(f32(-1)), t3)
		s.zero(t4)
		mask := s.compare(less, t, t4, 1, t4)
		s.blend(mask, t3, t2, c)
		s.blend(mask, t2, t3, t2)
		s.put(c, up)
		s.put(t2, down)
		MOVQ(code, cp)
		MOVQ(w, wp)
		s.columns(x, nil, part, 32, func(col int, x, _ Mem) {
			VMOVUPS(x, t)
			VMULPS(f, t, t)
			grid.near(t, t2, t3, t4, c)
			q, c2, q2 := t3, t, t4
			grid.index(t4, c, q)
			y := t2
			VMOVUPS(x, y)
			VMULPS(s.lanes(inv, part, 0), y, y)
			// Towards y from what c becomes before rounding.
			VMULPS(st, c, c2)
			mask := s.compare(greaterEqual, y, c2, 1, c2)
			s.get(down, q2)
			s.blend(mask, up, q2, q2)
			dir := q2
			extra := s.alloc()
			VMOVAPS(dir, extra)
			grid.step(extra, c, q, extra, c2, q2)
			s.folded(c, st)
			s.folded(c2, st)
			// y ≥ (n + m)/2 says whether the greater is nearer.
			VADDPS(c2, c, extra)
			VMULPS(s.hot(f32(0.5)), extra, extra)
			stay := s.compare(greaterEqual, y, extra, 1, extra)
			s.xor(s.compare(greater, c2, c, 2, y), stay)
			s.blend(stay, c, c2, c)
			s.blend(stay, q, q2, q)
			grid.code(q)
			VCVTPS2DQ(c, c)
			s.and(s.constant(255), c, c)
			if col == 0 {
				VMOVAPS(q, words)
				VMOVAPS(c, weights)
			} else {
				VPSLLD(Imm(uint64(8*col)), q, q)
				VPSLLD(Imm(uint64(8*col)), c, c)
				s.or(q, words, words)
				s.or(c, weights, weights)
			}
			if col == 3 {
				VMOVUPS(words, s.lanes(cp, part, 0))
				VMOVUPS(weights, s.lanes(wp, part, 0))
				ADDQ(Imm(64), cp)
				ADDQ(Imm(64), wp)
			}
			s.reset(temporaries)
		})
	}
	s.end()
}
