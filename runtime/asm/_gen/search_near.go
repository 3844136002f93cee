package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of asm.Grid.
const (
	gridValue = 0
	gridMid   = 64
	gridTwo   = 160
	gridOdd   = 192
	gridEvens = 224
	gridOdds  = 256
	gridLo    = 288
	gridHi    = 292
	gridUnit  = 296
	gridStep  = 300
	gridLeads = 304
	gridLead  = 312
	gridSplit = 632
	gridLow   = 760
	gridHigh  = 888
	gridTree  = 1016
	gridRight = 1080
	gridEnds  = 1082
)

// grid finds the value next to a number.
type grid interface {
	kernel(name string) string
	// prepare loads the tables from g, before anything else is allocated.
	prepare(g Register)
	// near finds c, the value next to t, which it may change. t2 … t4 are scratch;
	// t4 is left with what index needs.
	near(t, t2, t3, t4, c VecPhysical)
}

// indexedGrid finds also the code.
type indexedGrid interface {
	grid
	// index turns what near left in t4 into the index q of value c.
	index(t4, c, q VecPhysical)
	// step moves from value c, index q, by dir (±1 as float32) within the grid;
	// t is scratch.
	step(dir Op, c, q, t, c2, q2 VecPhysical)
	// code finishes an index as an integer.
	code(q VecPhysical)
}

// tableGrid searches 16 values in four comparisons with midpoints.
//
//	AVX-512   the index grows bit by bit, a permutation of the 16 midpoints gives
//	          the one to compare with: mid[i+4] (a blend of two), mid[i+2], mid[i+1]
//	AVX2      permutations have 8 entries: the index is half of it, of the
//	          midpoints only those that a step can meet are there, and the last
//	          comparison chooses between values of even and of odd index
type tableGrid struct {
	*search
	mid8, mid4, mid12, two, odd, evens, odds VecPhysical
	bit8                                     VecPhysical
}

func (g *tableGrid) kernel(name string) string { return name + "Table" }

func (g *tableGrid) prepare(p Register) {
	for i, r := range []*VecPhysical{&g.mid4, &g.mid8, &g.mid12} {
		*r = g.alloc()
		VBROADCASTSS(Mem{Base: p, Disp: gridMid + 16*(i+1)}, *r)
	}
	tables := []struct {
		r  *VecPhysical
		at int
	}{{&g.two, gridTwo}, {&g.odd, gridOdd}, {&g.evens, gridEvens}, {&g.odds, gridOdds}}
	if g.wide {
		tables[0].at, tables[1].at, tables[2].at = gridMid+8, gridMid+4, gridValue
		tables = tables[:3]
		g.bit8 = g.alloc()
		VMOVUPS(g.constant(8), g.bit8)
	}
	for _, t := range tables {
		*t.r = g.alloc()
		VMOVUPS(Mem{Base: p, Disp: t.at}, *t.r)
	}
	g.hot(f32(64))
	for _, bit := range []uint32{4, 2, 1} {
		g.hot(bit)
	}
}

func (g *tableGrid) near(t, t2, t3, t4, c VecPhysical) {
	VADDPS(g.hot(f32(64)), t, t)
	i := t4
	if g.wide {
		VCMPPS(Imm(greaterEqual), g.mid8, t, K1)
		VMOVDQA32_Z(g.bit8, K1, i)
		VBLENDMPS(g.mid12, g.mid4, K1, t2)
		for n, bit := range []uint32{4, 2, 1} {
			VCMPPS(Imm(greaterEqual), t2, t, K1)
			VPORD(g.hot(bit), i, K1, i)
			if n < 2 {
				VPERMPS([]VecPhysical{g.two, g.odd}[n], i, t2)
			}
		}
		VPERMPS(g.evens, i, c)
		return
	}
	VCMPPS(Imm(greaterEqual), g.mid8, t, t2)
	VBLENDVPS(t2, g.mid12, g.mid4, t3)
	VCMPPS(Imm(greaterEqual), t3, t, t3)
	VPAND(g.hot(4), t2, i)
	VPAND(g.hot(2), t3, t3)
	VPOR(t3, i, i)
	VPERMPS(g.two, i, t2)
	VCMPPS(Imm(greaterEqual), t2, t, t2)
	VPSUBD(t2, i, i)
	VPERMPS(g.odd, i, t2)
	VCMPPS(Imm(greaterEqual), t2, t, t)
	VPERMPS(g.evens, i, t2)
	VPERMPS(g.odds, i, c)
	VBLENDVPS(t, c, t2, c)
	// The index is 2i, plus 1 where t is set.
	VPADDD(i, i, i)
	VPSUBD(t, i, i)
}

func (g *tableGrid) index(t4, _, q VecPhysical) { VMOVAPS(t4, q) }

func (g *tableGrid) step(dir Op, _, q, t, c2, q2 VecPhysical) {
	VCVTPS2DQ(dir, q2)
	VPADDD(q, q2, q2)
	VPMAXSD(g.constant(0), q2, q2)
	VPMINSD(g.constant(15), q2, q2)
	if g.wide {
		VPERMPS(g.evens, q2, c2)
		return
	}
	VPSRLD(Imm(1), q2, t)
	VPERMPS(g.evens, t, c2)
	VPERMPS(g.odds, t, t)
	x := g.alloc()
	VPSLLD(Imm(31), q2, x)
	VBLENDVPS(x, t, c2, c2)
}

func (g *tableGrid) code(q VecPhysical) {}

// binnedGrid is a tableGrid of AVX-512 for values so far apart that a bin of
// width 4 has one midpoint at most: three permutations of 32 entries and one
// comparison, in a chain half as long. What is clamped and rounded chooses the
// bin only, where an edge may fall on either side.
type binnedGrid struct {
	*search
	split, low, high [2]VecPhysical
}

func (g *binnedGrid) kernel(name string) string { return name + "Binned" }

func (g *binnedGrid) prepare(p Register) {
	for i, t := range []*[2]VecPhysical{&g.split, &g.low, &g.high} {
		for h := range t {
			t[h] = g.alloc()
			VMOVUPS(Mem{Base: p, Disp: []int{gridSplit, gridLow, gridHigh}[i] + 64*h}, t[h])
		}
	}
	for _, c := range []float32{64, 0, 124, 0.25, 3 << 22} {
		g.hot(f32(c))
	}
}

func (g *binnedGrid) near(t, t2, t3, t4, c VecPhysical) {
	VADDPS(g.hot(f32(64)), t, t)
	VMAXPS(g.hot(f32(0)), t, t2)
	VMINPS(g.hot(f32(124)), t2, t2)
	VFMADD213PS(g.hot(f32(3<<22)), g.hot(f32(0.25)), t2)
	VMOVAPS(t2, t3)
	VMOVAPS(t2, t4)
	VPERMI2PS(g.split[1], g.split[0], t3)
	VPERMI2PS(g.low[1], g.low[0], t4)
	VPERMI2PS(g.high[1], g.high[0], t2)
	VCMPPS(Imm(greaterEqual), t3, t, K1)
	VBLENDMPS(t2, t4, K1, c)
}

// uniformGrid rounds.
type uniformGrid struct {
	*search
	lo, hi VecPhysical
}

func (g *uniformGrid) kernel(name string) string { return name + "Uniform" }

func (g *uniformGrid) prepare(p Register) {
	g.lo, g.hi = g.alloc(), g.alloc()
	VBROADCASTSS(Mem{Base: p, Disp: gridLo}, g.lo)
	VBROADCASTSS(Mem{Base: p, Disp: gridHi}, g.hi)
}

func (g *uniformGrid) near(t, _, _, _, c VecPhysical) {
	VMAXPS(g.lo, t, t)
	VMINPS(g.hi, t, t)
	g.round(t, c)
}

// The index of a uniform grid is its value less the first.
func (g *uniformGrid) index(_, c, q VecPhysical) { VMOVAPS(c, q) }

func (g *uniformGrid) step(dir Op, c, _, _, c2, q2 VecPhysical) {
	VADDPS(dir, c, c2)
	VMAXPS(g.lo, c2, c2)
	VMINPS(g.hi, c2, c2)
	VMOVAPS(c2, q2)
}

func (g *uniformGrid) code(q VecPhysical) {
	VSUBPS(g.lo, q, q)
	VCVTPS2DQ(q, q)
}
