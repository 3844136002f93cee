package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The kernels of an encoder's search, for AVX-512 and AVX2 alike. A lane is a
// row of Columns: one register holds a column with AVX-512; AVX2 takes
// rows 0 to 7, then 8 to 15 (parts). Nothing is reduced across lanes, so both
// add up in the order of the definition.
//
// Registers are handed out one after another: what a kernel asks for first
// stays for the whole of it, temporaries of a column follow. AVX2 has 16, so
// that what is needed once per column comes from memory there (slot, hot).
type search struct {
	name string // suffix of the kernels
	wide bool   // AVX-512
	reg  func(i int) VecPhysical

	next   int            // register
	tables map[uint32]Mem // constants in memory
	hots   map[uint32]Op  // and those of this kernel
	nearby *Mem           // what is added to the first sub-scale
	labels int
}

func init() {
	amd64["search_avx512"] = func() {
		ConstraintExpr("!purego")
		(&search{name: "AVX512", wide: true, reg: func(i int) VecPhysical { return zmm[i] }}).all()
	}
	amd64["search_avx2"] = func() {
		ConstraintExpr("!purego")
		(&search{name: "AVX2", reg: ymm}).all()
	}
}

func (s *search) all() {
	s.tables = map[uint32]Mem{}
	s.readColumns("readColumns", 4)
	s.readColumns("readColumnsBF16", 2)
	s.errors()
	s.q8()
	grids := []grid{&tableGrid{search: s}, &uniformGrid{search: s}}
	if s.wide {
		grids = append(grids, &binnedGrid{search: s})
	}
	for _, g := range grids {
		s.free(g)
		s.scale(g)
		s.fit(g)
		if g, ok := g.(indexedGrid); ok {
			s.codes(g)
		}
	}
}

// parts is how many registers hold a column; a register has `size` bytes.
func (s *search) parts() int { return 64 / s.size() }

func (s *search) size() int {
	if s.wide {
		return 64
	}
	return 32
}

func (s *search) begin(kernel, signature string) {
	TEXT(kernel+s.name, NOSPLIT, signature)
	s.reset(0)
	s.hots = map[uint32]Op{}
}

func (s *search) end() {
	VZEROUPPER()
	RET()
}

// alloc hands out a register; reset takes back those from the i-th on.
func (s *search) alloc() VecPhysical {
	s.next++
	return s.reg(s.next - 1)
}

func (s *search) reset(i int) { s.next = i }

func (s *search) label(name string) string {
	s.labels++
	return fmt.Sprintf("%s%d", name, s.labels)
}

// constant is a vector of equal words in memory.
func (s *search) constant(bits uint32) Mem {
	m, ok := s.tables[bits]
	if !ok {
		m = GLOBL(fmt.Sprintf("search%08x", bits), RODATA|NOPTR)
		for i := range s.size() / 4 {
			DATA(4*i, U32(bits))
		}
		s.tables[bits] = m
	}
	return m
}

// hot is a constant used for every column: in a register with AVX-512. It must
// first be asked for outside the loop.
func (s *search) hot(bits uint32) Op {
	if !s.wide {
		return s.constant(bits)
	}
	if op, ok := s.hots[bits]; ok {
		return op
	}
	r := s.alloc()
	VMOVUPS(s.constant(bits), r)
	s.hots[bits] = r
	return r
}

// slot is room for what outlives temporaries: a register of AVX-512, the stack
// with AVX2.
func (s *search) slot() Op {
	if s.wide {
		return s.alloc()
	}
	return AllocLocal(s.size())
}

// put and get move between registers and slots.
func (s *search) put(x VecPhysical, at Op) {
	if _, ok := at.(Mem); ok {
		VMOVUPS(x, at)
	} else {
		VMOVAPS(x, at)
	}
}

func (s *search) get(at Op, x VecPhysical) {
	if _, ok := at.(Mem); ok {
		VMOVUPS(at, x)
	} else {
		VMOVAPS(at, x)
	}
}

func (s *search) zero(regs ...VecPhysical) {
	for _, r := range regs {
		VXORPS(r.AsX(), r.AsX(), r.AsX())
	}
}

// Comparisons of VCMPPS that raise nothing, false for NaN.
const (
	less         = 0x11
	greaterEqual = 0x1d
	greater      = 0x1e
)

// compare is a·op·b: K register i of AVX-512, or the vector t.
func (s *search) compare(op int, a VecPhysical, b Op, i int, t VecPhysical) Op {
	if s.wide {
		VCMPPS(Imm(uint64(op)), b, a, k(i))
		return k(i)
	}
	VCMPPS(Imm(uint64(op)), b, a, t)
	return t
}

func k(i int) Register { return []Register{K0, K1, K2, K3, K4, K5, K6, K7}[i] }

// blend is dst = mask ? x : y.
func (s *search) blend(mask Op, x Op, y, dst VecPhysical) {
	if s.wide {
		VBLENDMPS(x, y, mask, dst)
	} else {
		VBLENDVPS(mask, x, y, dst)
	}
}

// zeroUnless clears the lanes of x that are not in the mask.
func (s *search) zeroUnless(mask Op, x VecPhysical) {
	if s.wide {
		VMOVAPS_Z(x, mask, x)
	} else {
		VANDPS(mask, x, x)
	}
}

// xor is dst = a ^ b, of masks.
func (s *search) xor(a, b Op) {
	if s.wide {
		KXORW(a, b, b)
	} else {
		VXORPS(a, b, b)
	}
}

// round is to the nearest integer, ties to even; floor rounds down.
func (s *search) round(x Op, dst VecPhysical) { s.roundTo(8, x, dst) }
func (s *search) floor(x Op, dst VecPhysical) { s.roundTo(9, x, dst) }

func (s *search) roundTo(mode uint64, x Op, dst VecPhysical) {
	if s.wide {
		VRNDSCALEPS(Imm(mode), x, dst)
	} else {
		VROUNDPS(Imm(mode), x, dst)
	}
}

// and is dst = a & b, of words.
func (s *search) and(a Op, b, dst VecPhysical) {
	if s.wide {
		VPANDD(a, b, dst)
	} else {
		VPAND(a, b, dst)
	}
}

func (s *search) or(a Op, b, dst VecPhysical) {
	if s.wide {
		VPORD(a, b, dst)
	} else {
		VPOR(a, b, dst)
	}
}

// columns emits body for n columns of x, four at a time; c counts them. xp and
// ip are where x and the importance of a column stand.
func (s *search) columns(x, imp Register, part, n int, body func(c int, x, imp Mem)) {
	const unroll = 4
	xp, ip, left, again := GP64(), GP64(), GP64(), s.label("columns")
	MOVQ(x, xp)
	if imp != nil {
		MOVQ(imp, ip)
	}
	MOVQ(U32(n/unroll), left)
	Label(again)
	for c := range unroll {
		body(c, Mem{Base: xp, Disp: 64*c + s.size()*part}, Mem{Base: ip, Disp: 4 * c})
	}
	ADDQ(imm(64*unroll), xp)
	if imp != nil {
		ADDQ(Imm(4*unroll), ip)
	}
	DECQ(left)
	JNE(LabelRef(again))
}

// addWeighted is sum += imp·(a·b); a is lost.
func (s *search) addWeighted(imp Mem, a, b, t, sum VecPhysical) {
	VMULPS(b, a, a)
	if s.wide {
		VMULPS_BCST(imp, a, a)
	} else {
		VBROADCASTSS(imp, t)
		VMULPS(t, a, a)
	}
	VADDPS(a, sum, sum)
}

var infinity = float32(math.Inf(1))

// peak is the greatest magnitude of each row of x, in m.
func (s *search) peak(x Register, part, n int, m VecPhysical) {
	at := s.next
	abs, more := s.alloc(), s.alloc()
	VMOVUPS(s.constant(0x7fffffff), abs)
	s.zero(m, more)
	t := []VecPhysical{s.alloc(), s.alloc()}
	s.columns(x, nil, part, n, func(c int, x, _ Mem) {
		VANDPS(x, abs, t[c%2])
		VMAXPS(t[c%2], []VecPhysical{m, more}[c%2], []VecPhysical{m, more}[c%2])
	})
	VMAXPS(more, m, m)
	s.reset(at)
}

// lanes is 16 numbers at p.
func (s *search) lanes(p Register, part, i int) Mem {
	return Mem{Base: p, Disp: 64*i + s.size()*part}
}

// negligible is the magnitude below which weights encode as zeros.
const negligible = 1e-34
