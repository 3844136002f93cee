package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The float32 kernels that walk vectors, for AVX-512 and AVX2 alike. A step
// takes 16 elements, the lanes of a reduction: one register of AVX-512, two
// (parts) of AVX2. The last, shorter step is masked.
//
// Register plan:
//
//	0 … 7       temporaries of a step
//	8 … 11      accumulators, one per part, and what is broadcast over the loop
//	12, 13      AVX2: masks of the last step, one per part
//	14, 15      AVX2: constants that cannot be memory operands
//	16 … 31     AVX-512: constants; K1 is the mask of the last step
type simd struct {
	name  string // suffix of the kernels
	width int    // float32 in a register
	reg   func(i int) VecPhysical
	wide  bool // AVX-512

	constants map[uint32]Op  // of the function being written
	tables    map[uint32]Mem // of the file
	next      int            // register of the next constant
	labels    int
}

func (s *simd) parts() int { return 16 / s.width }

// begin starts a function.
func (s *simd) begin(kernel, signature string) {
	TEXT(kernel+s.name, NOSPLIT, signature)
	s.constants = map[uint32]Op{}
	if s.tables == nil {
		s.tables = map[uint32]Mem{}
	}
	if s.next = 14; s.wide {
		s.next = 16
	}
}

// end ends it.
func (s *simd) end() {
	VZEROUPPER()
	RET()
}

// label makes a name that the function does not have yet.
func (s *simd) label(name string) string {
	s.labels++
	return fmt.Sprintf("%s%d", name, s.labels)
}

// table is a vector of equal words in memory.
func (s *simd) table(bits uint32) Mem {
	m, ok := s.tables[bits]
	if !ok {
		m = GLOBL(fmt.Sprintf("c%08x", bits), RODATA|NOPTR)
		for i := range s.width {
			DATA(4*i, U32(bits))
			if s.wide {
				break // broadcast when loaded
			}
		}
		s.tables[bits] = m
	}
	return m
}

// inRegister keeps a constant in a register for the function.
func (s *simd) inRegister(bits uint32) VecPhysical {
	if r, ok := s.constants[bits].(VecPhysical); ok {
		return r
	}
	r := s.reg(s.next)
	s.next++
	VBROADCASTSS(s.table(bits), r)
	s.constants[bits] = r
	return r
}

// constant is an operand: a register with AVX-512, which has enough, a vector in
// memory with AVX2. It must be asked for before the loop that uses it.
func (s *simd) constant(bits uint32) Op {
	if op, ok := s.constants[bits]; ok {
		return op
	}
	if s.wide {
		return s.inRegister(bits)
	}
	return s.table(bits)
}

func f32(x float32) uint32 { return math.Float32bits(x) }

// step is one step of a loop for one part.
type step struct {
	*simd
	part   int
	masked bool
	at     GPVirtual // bytes from the start
}

func (s *step) mem(p Register) Mem {
	return Mem{Base: p, Index: s.at, Scale: 1, Disp: 4 * s.width * s.part}
}

func (s *step) mask() VecPhysical { return s.reg(12 + s.part) }

// load reads elements; those beyond the end are 0.
func (s *step) load(p Register, dst VecPhysical) {
	switch {
	case !s.masked:
		VMOVUPS(s.mem(p), dst)
	case s.wide:
		VMOVUPS_Z(s.mem(p), K1, dst)
	default:
		VMASKMOVPS(s.mem(p), s.mask(), dst)
	}
}

// store writes those within the end.
func (s *step) store(src VecPhysical, p Register) {
	switch {
	case !s.masked:
		VMOVUPS(src, s.mem(p))
	case s.wide:
		VMOVUPS(src, K1, s.mem(p))
	default:
		VMASKMOVPS(src, s.mask(), s.mem(p))
	}
}

// keep takes the lanes within the end from x and the others from old.
func (s *step) keep(x, old, dst VecPhysical) {
	switch {
	case !s.masked:
		if x != dst {
			VMOVAPS(x, dst)
		}
	case s.wide:
		VBLENDMPS(x, old, K1, dst)
	default:
		VBLENDVPS(s.mask(), x, old, dst)
	}
}

// slide is 16 words of ones, then 16 of zeros: 16 words from word 16−n on are
// the masks of n elements.
func (s *simd) slide() Mem {
	const key = 1 // no constant has these bits
	if m, ok := s.tables[key]; ok {
		return m
	}
	m := GLOBL("slide", RODATA|NOPTR)
	for i := range 32 {
		DATA(4*i, U32(uint32(0xffffffff*(1-i/16))))
	}
	s.tables[key] = m
	return m
}

// loop emits body for all n > 0 elements.
func (s *simd) loop(n Register, body func(s *step)) {
	again, last, done := s.label("step"), s.label("last"), s.label("done")
	at, left := GP64(), GP64()
	each := func(masked bool) {
		for p := range s.parts() {
			body(&step{s, p, masked, at})
		}
	}
	XORQ(at, at)
	MOVQ(n, left)
	SUBQ(Imm(16), left)
	JLT(LabelRef(last))
	Label(again)
	each(false)
	ADDQ(Imm(64), at)
	SUBQ(Imm(16), left)
	JGE(LabelRef(again))
	Label(last)
	ADDQ(Imm(16), left)
	JEQ(LabelRef(done))
	if s.wide {
		bits := GP32()
		MOVL(U32(0xffff), bits)
		BZHIL(left.As32(), bits, bits)
		KMOVW(bits, K1)
	} else {
		NEGQ(left)
		base := GP64()
		LEAQ(s.slide(), base)
		for p := range s.parts() {
			VMOVUPS(Mem{Base: base, Index: left, Scale: 4, Disp: 64 + 32*p}, s.reg(12+p))
		}
	}
	each(true)
	Label(done)
}

// fold combines the lanes of accumulators a, one per part, in halves, into lane
// 0 of the first.
func (s *simd) fold(op func(ops ...Op), a []VecPhysical) {
	y, t := a[0].AsY(), s.reg(0)
	if s.wide {
		VEXTRACTF64X4(Imm(1), a[0], t.AsY())
	} else {
		VMOVAPS(a[1], t.AsY())
	}
	op(t.AsY(), y, y)
	VEXTRACTF128(Imm(1), y, t.AsX())
	x := a[0].AsX()
	op(t.AsX(), x, x)
	VMOVHLPS(x, x, t.AsX())
	op(t.AsX(), x, x)
	VMOVSHDUP(x, t.AsX())
	op(t.AsX(), x, x)
}

func (s *simd) clear(regs ...VecPhysical) {
	for _, r := range regs {
		VXORPS(r.AsX(), r.AsX(), r.AsX())
	}
}

// accumulators are one register per part.
func (s *simd) accumulators() []VecPhysical {
	return []VecPhysical{s.reg(8), s.reg(9)}[:s.parts()]
}

// broadcast spreads a float32 argument.
func broadcast(param string, dst VecPhysical) {
	p, err := Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(p.Addr, dst)
}

func load(param string) Register { return Load(Param(param), GP64()) }
