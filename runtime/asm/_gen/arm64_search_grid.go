package main

// Registers of what does not change along a row, beside those of searchNEON.
const (
	sBest, sBestErr = 17, 18
	sScale          = 19 // a sub-scale in bytes, four copies
	sInv            = 20
	sFirst, sTry    = 21, 22 // sub-scales
	sShift          = 28     // −shift, in int16
)

// free keeps in V19 1, in V20 the greatest magnitude or 1 where that is
// negligible, in V21 where it is not, in V22 the weight of a candidate. R4
// counts parts, R5 candidates; R6 is the next one.
func (s searchNEON) free(grid gridNEON) {
	const one, most, counts, weight, bound, half, two = 19, 20, 21, 22, 28, 29, 30
	s.text(grid.kernel("free"), "want, x, imp *float32, grid *Grid", "")
	grid.prepare("R3")
	s.constant(one, "R8", 1)
	s.constant(bound, "R8", negligible)
	s.constant(half, "R8", 0.5)
	s.constant(two, "R8", 2)
	s.loop("part", "R4", 4, func() {
		s.peak("R1", 32, most)
		s.v("fcmge", counts, most, bound)
		s.known("VBIF", "B16", most, one, counts)
		s.broadcast(sBest, "R3", gridLead)
		s.v("fdiv", sBest, sBest, most)
		s.constant(sBestErr, "R8", infinity)
		s.op("MOVD", "%d(R3), R5", gridLeads)
		s.op("ADD", "$%d, R3, R6", gridLead)
		s.while("lead", "R5", func() {
			for _, r := range []int{sF, weight} {
				s.op("VLD1R.P", "4(R6), %s", list(r, 1, "S4"))
			}
			s.v("fdiv", sF, sF, most)
			s.zero(sSum, 1)
			s.columns("column", "R1", "R2", 32, func() {
				s.by(4, "fmul", sX, sX, sF)
				grid.floats(sX)
				s.every(4, "fsub", sX, sX, sC)
				s.addSquares(sSum, sX)
			})
			s.v("fmul", sSum, sSum, weight)
			s.keepLeast(sF)
		})

		const fit, ratio, inverse = 4, 5, 6
		s.known("VORR", "B16", sF, sBest, sBest)
		s.zero(sSum, 2)
		s.columns("fit", "R1", "R2", 32, func() {
			s.by(4, "fmul", sT, sX, sF)
			grid.floats(sT)
			s.addProducts()
		})
		s.v("fdiv", fit, sSum, sSecond)
		s.v("fmul", ratio, fit, sF)
		s.v("fdiv", inverse, one, sF)
		s.v("fcmgt", 7, two, ratio)
		s.v("fcmgt", 8, ratio, half)
		s.known("VAND", "B16", 7, 7, 8)
		s.known("VBIF", "B16", fit, inverse, 7)
		s.known("VAND", "B16", fit, fit, counts)
		s.op("VST1.P", "%s, 16(R0)", list(fit, 1, "S4"))
		s.op("ADD", "$16, R1")
	})
	s.ret()
}

// keepLeast makes a candidate the best where its error in sSum is less.
func (s searchNEON) keepLeast(candidate int) {
	s.v("fcmgt", sScratch, sBestErr, sSum)
	s.known("VBIT", "B16", sBestErr, sSum, sScratch)
	s.known("VBIT", "B16", sBest, candidate, sScratch)
}

// scaleBytes leaves in sScale what is in sTry, as bytes.
func (s searchNEON) scaleBytes() {
	s.v("fcvtns", sScale, sTry)
	s.known("VUZP1", "H8", sScale, sScale, sScale)
	s.known("VUZP1", "B16", sScale, sScale, sScale)
}

// factor is sF = sInv·(unit/sTry), 0 where sTry is 0, and sScale.
func (s searchNEON) factor(grid string) {
	s.broadcast(sF, grid, gridUnit)
	s.v("fdiv", sF, sF, sTry)
	s.v("fmul", sF, sInv, sF)
	s.zero(sScratch, 1)
	s.v("fcmeq", sScratch, sTry, sScratch)
	s.v("bic", sF, sF, sScratch)
	s.scaleBytes()
}

// fold leaves in lo and hi ⌊value·s/unit + ½⌋ as int16.
func (s searchNEON) fold(lo, hi, value int) {
	s.products(lo, hi, value)
	s.shift(lo, hi)
}

func (s searchNEON) products(lo, hi, value int) {
	s.v("smull2", hi, value, sScale)
	s.v("smull", lo, value, sScale)
}

func (s searchNEON) shift(lo, hi int) {
	s.v("srshl", lo, lo, sShift)
	s.v("srshl", hi, hi, sShift)
}

func (s searchNEON) shifts(grid string) {
	s.op("ADD", "$%d, %s, R8", gridRight, grid)
	s.op("VLD1R", "(R8), %s", list(sShift, 1, "H8"))
}

// scale: R8 is scratch, R9 counts parts, R10 candidates; R11 is what is added
// to the first one. V29 and V30 are ±127.
func (s searchNEON) scale(grid gridNEON) {
	const least, most = 29, 30
	clamp := func(r int) {
		s.v("fmax", r, r, least)
		s.v("fmin", r, r, most)
	}
	s.text(grid.kernel("scale"), "s, sum, x, imp, want, inv *float32, grid *Grid, tries int", "")
	grid.prepare("R6")
	s.shifts("R6")
	s.constant(least, "R8", -127)
	s.constant(most, "R8", 127)
	s.loop("part", "R9", 4, func() {
		s.op("VLD1.P", "16(R5), %s", list(sInv, 1, "S4"))
		s.op("VLD1.P", "16(R4), %s", list(sFirst, 1, "S4"))
		s.broadcast(sScratch, "R6", gridUnit)
		s.v("fmul", sScratch, sScratch, sInv)
		s.v("fmul", sFirst, sFirst, sScratch)
		s.constant(sScratch, "R8", 3<<22) // rounds
		s.v("fadd", sFirst, sFirst, sScratch)
		s.v("fsub", sFirst, sFirst, sScratch)
		clamp(sFirst)
		s.known("VORR", "B16", sBest, sFirst, sFirst)
		s.constant(sBestErr, "R8", infinity)
		s.op("MOVD", "R7, R10")
		s.op("MOVD", "$0, R11")
		s.while("try", "R10", func() {
			s.op("VDUP", "R11, V%d.S4", sTry)
			s.v("scvtf", sTry, sTry)
			s.v("fadd", sTry, sFirst, sTry)
			clamp(sTry)
			s.factor("R6")
			s.zero(sSum, 1)
			s.columns("column", "R2", "R3", 32, func() {
				s.by(4, "fmul", sT, sX, sF)
				s.by(4, "fmul", sX, sX, sInv)
				grid.near(sT)
				s.fold(sMore, sScratch, sBytes)
				s.widen(sC, sMore, sScratch, 0)
				s.every(4, "fsub", sX, sX, sC)
				s.addSquares(sSum, sX)
			})
			s.keepLeast(sTry)
			// 0, −1, 1, −2, …: the complement, or from below 0 the opposite.
			s.op("MVN", "R11, R8")
			s.op("CMP", "$0, R11")
			s.op("CSNEG", "GE, R8, R11, R11")
		})
		s.op("VST1.P", "%s, 16(R0)", list(sBest, 1, "S4"))
		s.op("VLD1", "(R1), %s", list(sScratch, 1, "S4"))
		s.v("fadd", sScratch, sScratch, sBestErr)
		s.op("VST1.P", "%s, 16(R1)", list(sScratch, 1, "S4"))
		s.op("ADD", "$16, R2")
	})
	s.ret()
}

// fit: R6 counts parts.
func (s searchNEON) fit(grid gridNEON) {
	s.text(grid.kernel("fit"), "sums, x, imp, s, inv *float32, grid *Grid", "")
	grid.prepare("R5")
	s.shifts("R5")
	s.loop("part", "R6", 4, func() {
		s.op("VLD1.P", "16(R3), %s", list(sTry, 1, "S4"))
		s.op("VLD1.P", "16(R4), %s", list(sInv, 1, "S4"))
		s.factor("R5")
		s.op("FMOVQ", "(R0), F%d", sSum)
		s.op("FMOVQ", "64(R0), F%d", sSecond)
		s.columns("column", "R1", "R2", 32, func() {
			s.by(4, "fmul", sT, sX, sF)
			grid.near(sT)
			s.fold(sMore, sScratch, sBytes)
			s.widen(sC, sMore, sScratch, 0)
			s.addProducts()
		})
		s.op("FMOVQ", "F%d, 64(R0)", sSecond)
		s.op("FMOVQ.P", "F%d, 16(R0)", sSum)
		s.op("ADD", "$16, R1")
	})
	s.ret()
}
