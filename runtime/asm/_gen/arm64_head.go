package main

// sumExp keeps 16 sums of float64 in pairs, in registers that exp leaves alone
// when it computes eight exponentials: it goes over 16 elements in two halves.
// Single elements move the sums down by one place, as in lanes.
func (g *a64) sumExp() {
	g.text("sumExpNEON", "x *float32, n int, most float32", "float64")
	g.expConstants("R8")
	g.op("VDUP", "V0.S[0], V%d.S4", vMost)
	sums := []int{2, 3, 6, 7, 10, 11, 14, 15}
	for _, r := range sums {
		g.zero(r, 1)
	}
	g.each("sum", "R1", func(quads int) {
		if quads == 1 {
			g.take(0, 1, "R0")
			g.v("fsub", 0, 0, vMost)
			g.exp(1)
			g.op("FCVTSD", "F4, F0") // the other half becomes 0
			g.v("fadd 2d", sums[0], sums[0], 0)
			g.known("VORR", "B16", 0, sums[0], sums[0])
			for i, next := range append(sums[1:], 0) {
				g.extract(sums[i], sums[i], next, 8)
			}
			return
		}
		for half := range 2 {
			g.op("VLD1.P", "32(R0), %s", list(0, 2, "S4"))
			g.by(2, "fsub", 0, 0, vMost)
			g.exp(2)
			for i := range 2 {
				g.v("fcvtl", 8+i, 4+i)
				g.v("fcvtl2", 12+i, 4+i)
			}
			for i := range 2 {
				at := sums[4*half+2*i:]
				g.v("fadd 2d", at[0], at[0], 8+i)
				g.v("fadd 2d", at[1], at[1], 12+i)
			}
		}
	})
	for h := 4; h > 0; h /= 2 {
		for i := range h {
			g.v("fadd 2d", sums[i], sums[i], sums[i+h])
		}
	}
	g.extract(0, sums[0], sums[0], 8)
	g.op("FADDD", "F%d, F0", sums[0])
	g.op("FMOVD", "F0, ret+24(FP)")
	g.ret()
}

// argMax finds the maximum, then 16 elements with it among them, then where it
// is.
func (g *a64) argMax() {
	g.text("argMaxNEON", "x *float32, n int", "int")
	g.op("MOVD", "R0, R2")
	g.op("MOVD", "R1, R3")
	g.maximum("R3", func(quads int) { g.take(0, quads, "R2") })
	g.op("MOVD", "R0, R2")

	g.label("find")
	g.op("CMP", "$16, R1")
	g.op("BLT", "one")
	g.peek(0, 4, "R2")
	g.by(4, "fcmeq", 0, 0, vMost)
	g.known("VORR", "B16", 0, 0, 1)
	g.known("VORR", "B16", 2, 2, 3)
	g.known("VORR", "B16", 0, 0, 2)
	g.word(0x6eb0a800, "umaxv s0, v0.4s")
	g.op("FMOVS", "F0, R4")
	g.op("CBNZW", "R4, one")
	g.op("ADD", "$64, R2")
	g.op("SUB", "$16, R1")
	g.op("B", "find")

	g.label("one")
	g.op("CBZ", "R1, none")
	g.op("FMOVS", "(R2), F0")
	g.op("FCMPS", "F%d, F0", vMost)
	g.op("BEQ", "found")
	g.op("ADD", "$4, R2")
	g.op("SUB", "$1, R1")
	g.op("B", "one")

	g.label("none") // nothing but NaN
	g.op("MOVD", "ZR, ret+16(FP)")
	g.ret()

	g.label("found")
	g.op("SUB", "R0, R2")
	g.op("LSR", "$2, R2")
	g.op("MOVD", "R2, ret+16(FP)")
	g.ret()
}
