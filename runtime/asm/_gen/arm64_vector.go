package main

import "math"

// The float32 kernels besides matmul go by 16 elements in four registers, then
// element by element in lane 0 of one register with the same instructions. Every
// operation rounds by itself, in the order of the definition.

// each emits both loops over R`n` elements; body gets the number of registers.
// What it reads and writes goes through take and put.
func (g *a64) each(name, n string, body func(quads int)) {
	g.op("SUBS", "$16, %s", n)
	g.op("BLT", "%sRest", name)

	g.label(name + "16")
	body(4)
	g.op("SUBS", "$16, %s", n)
	g.op("BGE", "%s16", name)

	g.label(name + "Rest")
	g.op("ADDS", "$16, %s", n)
	g.op("BEQ", "%sDone", name)

	g.label(name + "1")
	body(1)
	g.op("SUBS", "$1, %s", n)
	g.op("BNE", "%s1", name)

	g.label(name + "Done")
}

// take loads what one round of each covers and moves the pointer; peek leaves it.
func (g *a64) take(first, quads int, pointer string) {
	if quads == 1 {
		g.op("FMOVS.P", "4(%s), F%d", pointer, first)
		return
	}
	g.op("VLD1.P", "64(%s), %s", pointer, list(first, 4, "S4"))
}

func (g *a64) peek(first, quads int, pointer string) {
	if quads == 1 {
		g.op("FMOVS", "(%s), F%d", pointer, first)
		return
	}
	g.op("VLD1", "(%s), %s", pointer, list(first, 4, "S4"))
}

func (g *a64) put(first, quads int, pointer string) {
	if quads == 1 {
		g.op("FMOVS.P", "F%d, 4(%s)", first, pointer)
		return
	}
	g.op("VST1.P", "%s, 64(%s)", list(first, 4, "S4"), pointer)
}

// every applies an instruction to registers in a row: d…, n…, m….
func (g *a64) every(quads int, name string, regs ...int) {
	for i := range quads {
		var at []int
		for _, r := range regs {
			at = append(at, r+i)
		}
		g.v(name, at...)
	}
}

// by is every with one register for m.
func (g *a64) by(quads int, name string, d, n, m int) {
	for i := range quads {
		g.v(name, d+i, n+i, m)
	}
}

// byLane multiplies with one element.
func (g *a64) byLane(quads int, d, n, m, lane int) {
	for i := range quads {
		g.lane("fmul", d+i, n+i, m, lane)
	}
}

// outputs writes rows of outputs to a matrix, or adds them, and asks for the row 12
// further on, a sliver's height.
func (g *a64) outputs(name string, add bool) {
	g.text(name, "dst *float32, ld int, outputs *float32, rows int", "")
	g.op("LSL", "$2, R1, R1")
	g.op("ADD", "R1<<3, R0, R4")
	g.op("ADD", "R1<<2, R4, R4")
	g.while("row", "R3", func() {
		for i := range 2 {
			g.op("PRFM", "%d(R4), PSTL1KEEP", 64*i)
		}
		g.op("MOVD", "R0, R5")
		for range 2 {
			g.take(0, 4, "R2")
			if add {
				g.peek(4, 4, "R5")
				g.every(4, "fadd", 0, 4, 0)
			}
			g.put(0, 4, "R5")
		}
		g.op("ADD", "R1, R0, R0")
		g.op("ADD", "R1, R4, R4")
	})
	g.ret()
}

func (g *a64) vectors() {
	g.outputs("addOutputsNEON", true)
	g.outputs("copyOutputsNEON", false)

	g.text("dotNEON", "x, y *float32, n int", "float32")
	g.lanes("R2", func(quads int) {
		g.take(4, quads, "R0")
		g.take(8, quads, "R1")
		g.every(quads, "fmul", 4, 4, 8)
	})
	g.op("FMOVS", "F0, ret+24(FP)")
	g.ret()

	g.text("rmsNormNEON", "dst, x, w *float32, n int, r float32", "")
	g.each("norm", "R3", func(quads int) {
		g.take(4, quads, "R1")
		g.take(8, quads, "R2")
		g.byLane(quads, 4, 4, 0, 0)
		g.every(quads, "fmul", 4, 4, 8)
		g.put(4, quads, "R0")
	})
	g.ret()

	g.text("rotateNEON", "x, cos, sin *float32, n int", "")
	g.op("ADD", "R3<<2, R0, R4")
	g.each("turn", "R3", func(quads int) {
		a, b, c, s := 0, 4, 8, 12
		g.peek(a, quads, "R0")
		g.peek(b, quads, "R4")
		g.take(c, quads, "R1")
		g.take(s, quads, "R2")
		g.every(quads, "fmul", 16, a, c)
		g.every(quads, "fmul", 20, b, s)
		g.every(quads, "fmul", 24, b, c)
		g.every(quads, "fmul", 28, a, s)
		g.every(quads, "fsub", 16, 16, 20)
		g.every(quads, "fadd", 24, 24, 28)
		g.put(16, quads, "R0")
		g.put(24, quads, "R4")
	})
	g.ret()

	g.text("siluNEON", "dst, gate, up *float32, n int", "")
	g.expConstants("R8")
	g.each("silu", "R3", func(quads int) {
		g.peek(0, quads, "R1")
		g.every(quads, "fneg", 0, 0)
		g.exp(quads)
		g.by(quads, "fadd", 4, 4, vOne)
		g.take(0, quads, "R1")
		g.take(8, quads, "R2")
		g.every(quads, "fdiv", 4, 0, 4)
		g.every(quads, "fmul", 4, 4, 8)
		g.put(4, quads, "R0")
	})
	g.ret()

	g.softmax()
}

// lanes leaves in F0 the sum of what body puts in V4–V7, n elements of it:
// element i is added to sum i mod 16 of V0–V3, and these are folded. After the
// rest, element by element, every sum moves down by one place, which changes
// only the order of the operands of the folding additions. Sums are never −0, so
// that the zeros beside a single element change none.
func (g *a64) lanes(n string, body func(quads int)) {
	g.zero(0, 4)
	g.each("sum", n, func(quads int) {
		body(quads)
		g.every(quads, "fadd", 0, 0, 4)
		if quads == 1 {
			g.known("VORR", "B16", 8, 0, 0)
			for i := range 4 {
				g.extract(i, i, []int{1, 2, 3, 8}[i], 4)
			}
		}
	})
	g.every(2, "fadd", 0, 0, 2)
	g.v("fadd", 0, 0, 1)
	for _, bytes := range []int{8, 4} {
		g.extract(1, 0, 0, bytes)
		g.v("fadd", 0, 0, 1)
	}
}

// softmax: three passes and a sum. R2 and R3 are x and n as they advance.
func (g *a64) softmax() {
	begin := func() {
		g.op("MOVD", "R0, R2")
		g.op("MOVD", "R1, R3")
	}
	g.text("softmaxNEON", "x *float32, n int, scale float32", "")
	g.expConstants("R8")
	g.op("VMOV", "V0.S[0], V%d.S[%d]", vFactors, laneScale)

	begin()
	g.maximum("R3", func(quads int) {
		g.take(0, quads, "R2")
		g.byLane(quads, 0, 0, vFactors, laneScale)
	})

	begin()
	g.each("exp", "R3", func(quads int) {
		g.peek(0, quads, "R2")
		g.byLane(quads, 0, 0, vFactors, laneScale)
		g.by(quads, "fsub", 0, 0, vMost)
		g.exp(quads)
		g.put(4, quads, "R2")
	})

	begin()
	g.lanes("R3", func(quads int) { g.take(4, quads, "R2") })
	g.op("FMOVS", "$1.0, F1")
	g.op("FDIVS", "F0, F1, F0")

	g.each("divide", "R1", func(quads int) {
		g.peek(4, quads, "R0")
		g.byLane(quads, 4, 4, 0, 0)
		g.put(4, quads, "R0")
	})
	g.ret()
}

// maximum leaves in V25 copies of the greatest element of what body puts in
// V0–V3, n elements of it, or −∞. NaN is greater than nothing.
func (g *a64) maximum(n string, body func(quads int)) {
	const most = 28
	for i := range 4 {
		g.constant(most+i, "R8", float32(math.Inf(-1)))
	}
	g.each("most", n, func(quads int) {
		body(quads)
		if quads == 1 { // the other lanes are no elements
			g.op("VDUP", "V0.S[0], V0.S4")
		}
		g.every(quads, "fcmgt", 4, 0, most)
		for i := range quads {
			g.known("VBIT", "B16", most+i, i, 4+i)
		}
	})
	g.every(2, "fmax", most, most, most+2)
	g.v("fmax", most, most, most+1)
	g.word(0x6e30f800|most<<5|most, "fmaxv s%d, v%d.4s", most, most)
	g.op("VDUP", "V%d.S[0], V%d.S4", most, vMost)
}

// Registers of exp's constants: those that multiply stand in lanes, and among
// them softmax's scale.
const (
	vFactors  = 16 // log₂e, the parts of ln 2, scale
	laneScale = 3
	vOdd      = 17 // C5, C3, C1
	vLow      = 18
	vHigh     = 19
	vShifter  = 20
	vEven     = 21 // C4, C2, C0
	vOne      = 24
	vMost     = 25
)

// constant fills a register with copies of f.
func (g *a64) constant(d int, scratch string, f float32) {
	g.op("MOVD", "$0x%08x, %s", math.Float32bits(f), scratch)
	g.op("VDUP", "%s, V%d.S4", scratch, d)
}

// expConstants loads what exp.go of package asm names.
func (g *a64) expConstants(scratch string) {
	for r, row := range [][]float32{
		{math.Log2E, 355.0 / 512, math.Ln2 - 355.0/512},
		{0.00020215094, 0.00833284, 0.16666669},
	} {
		for i, f := range row {
			g.op("MOVD", "$0x%08x, %s", math.Float32bits(f), scratch)
			g.op("VMOV", "%s, V%d.S[%d]", scratch, vFactors+r, i)
		}
	}
	for i, f := range []float32{-88, 89, 3<<22 + 127, 0.001393687, 0.041666407, 0.5, 1} {
		g.constant(vLow+i, scratch, f)
	}
}

// exp: V4… = e^V0…, by the definition in exp.go of package asm. V8… become 2ⁿ,
// V12… n and then r², V28… a part of the polynomial.
func (g *a64) exp(quads int) {
	const x, q, t, s, p = 0, 4, 8, 12, 28
	g.by(quads, "fmax", x, x, vLow)
	g.by(quads, "fmin", x, x, vHigh)
	g.byLane(quads, t, x, vFactors, 0)
	g.by(quads, "fadd", t, t, vShifter)
	g.by(quads, "fsub", s, t, vShifter)
	for part := 1; part <= 2; part++ {
		g.byLane(quads, q, s, vFactors, part)
		g.every(quads, "fsub", x, x, q)
	}
	g.every(quads, "fmul", s, x, x)
	g.byLane(quads, q, x, vOdd, 0)
	g.by(quads, "fadd", q, q, vEven)
	for i := 1; i < 3; i++ {
		g.byLane(quads, p, x, vOdd, i)
		g.by(quads, "fadd", p, p, vEven+i)
		g.every(quads, "fmul", q, q, s)
		g.every(quads, "fadd", q, q, p)
	}
	g.every(quads, "fmul", q, q, s)
	g.every(quads, "fadd", q, q, x)
	g.by(quads, "fadd", q, q, vOne)
	for i := range quads {
		g.op("VSHL", "$23, V%d.S4, V%d.S4", t+i, t+i)
	}
	g.every(quads, "fmul", q, q, t)
}
