package main

// above compares 16 elements at a time and, rarely, looks at them one by one.
//
// R0 ids, R1 x as it advances, R2 elements left, R4 of those to be looked at;
// R5 where the next id goes, R6 the index; V25 copies of t.
func (g *a64) above() {
	g.text("aboveNEON", "ids *int32, x *float32, n int, t float32", "int")
	g.op("VDUP", "V0.S[0], V%d.S4", vMost)
	g.op("MOVD", "R0, R5")
	g.op("MOVD", "ZR, R6")

	g.label("scan")
	g.op("CMP", "$16, R2")
	g.op("BLT", "rest")
	g.peek(0, 4, "R1")
	g.by(4, "fcmgt", 0, 0, vMost)
	g.known("VORR", "B16", 0, 0, 1)
	g.known("VORR", "B16", 2, 2, 3)
	g.known("VORR", "B16", 0, 0, 2)
	g.word(0x6eb0a800, "umaxv s0, v0.4s")
	g.op("FMOVS", "F0, R4")
	g.op("SUB", "$16, R2")
	g.op("CBNZW", "R4, some")
	g.op("ADD", "$64, R1")
	g.op("ADD", "$16, R6")
	g.op("B", "scan")

	g.label("some")
	g.op("MOVD", "$16, R4")
	g.op("B", "one")

	g.label("rest")
	g.op("CBZ", "R2, done")
	g.op("MOVD", "R2, R4")
	g.op("MOVD", "ZR, R2")

	g.label("one")
	g.op("FMOVS.P", "4(R1), F0")
	g.op("FCMPS", "F%d, F0", vMost)
	g.op("BLE", "next") // or unordered
	g.op("MOVW.P", "R6, 4(R5)")

	g.label("next")
	g.op("ADD", "$1, R6")
	g.op("SUBS", "$1, R4")
	g.op("BNE", "one")
	g.op("B", "scan")

	g.label("done")
	g.op("SUB", "R0, R5")
	g.op("LSR", "$2, R5")
	g.op("MOVD", "R5, ret+32(FP)")
	g.ret()
}
