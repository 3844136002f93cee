package main

// q8 tries all candidates at once, column by column.
//
//	V0–V11     1/d of the candidates
//	V12–V23    their errors
//	V24, V25   ±127
//	V26, V27   importance and x of a column
//	V28–V31    y and its error, two candidates at a time
//
// The bits of D and where a row counts outlive the columns in R5 to R8. R0 to R3
// are the arguments; R4 counts parts, R9 columns; R10 and R11 are x and
// importance as they advance.
func (s searchNEON) q8() {
	const inv, sum, limit, negative, imp, x, y, e = 0, 12, 24, 25, 26, 27, 28, 30
	s.text("searchQ8NEON", "w *int8, d, x, imp *float32", "")
	s.loop("part", "R4", 4, func() {
		s.candidates(inv)
		s.zero(sum, q8Candidates)
		s.constant(limit, "R10", 127)
		s.constant(negative, "R10", -127)
		s.op("MOVD", "R2, R10")
		s.op("MOVD", "R3, R11")
		s.loop("column", "R9", 128, func() {
			s.op("FMOVQ", "(R10), F%d", x)
			s.op("FMOVS.P", "4(R11), F%d", imp)
			s.op("ADD", "$%d, R10", columnBytes)
			for c := 0; c < q8Candidates; c += 2 {
				s.by(2, "fmul", y, inv+c, x)
				s.by(2, "fmax", e, y, negative)
				s.by(2, "fmin", e, e, limit)
				s.every(2, "frintn", e, e)
				s.every(2, "fsub", y, y, e)
				s.every(2, "fmul", y, y, y)
				s.byLane(2, y, y, imp, 0)
				s.every(2, "fadd", sum+c, sum+c, y)
			}
		})
		s.chooseQ8(sum)
		s.roundQ8()
		for r := range 3 {
			s.op("ADD", "$16, R%d", r)
		}
	})
	s.ret()
}

const q8Candidates = 12

// candidates leaves in R5 to R8 the bits of D and where a row counts, in inv and
// on 1/d of every candidate.
func (s searchNEON) candidates(inv int) {
	const top, counts, one, t, odd = 24, 25, 26, 27, 28
	s.peak("R2", 128, top)
	s.constant(one, "R10", 1)
	s.constant(t, "R10", negligible)
	s.v("fcmge", counts, top, t)
	s.known("VBIF", "B16", top, one, counts)
	s.constant(t, "R10", 127)
	s.v("fdiv", top, top, t)
	// To bfloat16, ties to even.
	s.op("VUSHR", "$16, V%d.S4, V%d.S4", top, odd)
	s.op("VSHL", "$31, V%d.S4, V%d.S4", odd, odd)
	s.op("VUSHR", "$31, V%d.S4, V%d.S4", odd, odd)
	s.words(t, "R10", 0x7fff)
	s.known("VADD", "S4", top, top, t)
	s.known("VADD", "S4", top, top, odd)
	s.op("VUSHR", "$16, V%d.S4, V%d.S4", top, top)
	s.op("VSHL", "$16, V%d.S4, V%d.S4", top, top)
	for i := range 2 {
		s.op("VMOV", "V%d.D[%d], R%d", top, i, 5+i)
		s.op("VMOV", "V%d.D[%d], R%d", counts, i, 7+i)
	}
	s.words(t, "R10", 1<<16)
	s.known("VADD", "S4", top, top, t)
	for c := range q8Candidates {
		s.v("fdiv", inv+c, one, top)
		if c+1 < q8Candidates {
			s.known("VSUB", "S4", top, top, t)
		}
	}
}

// chooseQ8 writes the best scale and leaves its inverse in V8; both are 0 where
// a row does not count.
func (s searchNEON) chooseQ8(sum int) {
	const unit, ulp, candidate, best, bestErr, ratio, counts, one, inverse = 0, 1, 2, 3, 4, 5, 6, 7, 8
	for i := range 2 {
		s.op("VMOV", "R%d, V%d.D[%d]", 5+i, candidate, i)
		s.op("VMOV", "R%d, V%d.D[%d]", 7+i, counts, i)
	}
	s.constant(one, "R10", 1)
	s.constant(bestErr, "R10", infinity)
	s.words(ulp, "R10", 1<<16)
	s.v("fdiv", unit, one, candidate)
	s.known("VADD", "S4", candidate, candidate, ulp)
	s.known("VORR", "B16", best, candidate, candidate)
	for c := range q8Candidates {
		s.v("fmul", ratio, candidate, unit)
		s.v("fmul", ratio, ratio, ratio)
		s.v("fmul", sum+c, sum+c, ratio)
		s.v("fcmgt", sScratch, bestErr, sum+c)
		s.known("VBIT", "B16", bestErr, sum+c, sScratch)
		s.known("VBIT", "B16", best, candidate, sScratch)
		if c+1 < q8Candidates {
			s.known("VSUB", "S4", candidate, candidate, ulp)
		}
	}
	s.v("fdiv", inverse, one, best)
	s.known("VAND", "B16", inverse, inverse, counts)
	s.known("VAND", "B16", best, best, counts)
	s.op("FMOVQ", "F%d, (R1)", best)
}

// roundQ8 writes x times V8 in the order of a panel. R11 is w as it advances.
func (s searchNEON) roundQ8() {
	const inverse, least, order = 8, 9, 10
	s.op("VMOVI", "$%d, V%d.B16", 256-127, least)
	s.panelOrder(order, "R11")
	s.op("MOVD", "R0, R11")
	s.columns("round", "R2", "", 128, func() {
		s.by(4, "fmul", sX, sX, inverse)
		s.every(4, "fcvtns", sX, sX)
		s.saturate(sX, sX, sMore)
		s.v("smax", sX, sX, least)
		s.look(sX, sX, order)
		s.op("FMOVQ", "F%d, (R11)", sX)
		s.op("ADD", "$%d, R11", 64)
	})
}

// words fills a register with copies of a word.
func (s searchNEON) words(d int, scratch string, w uint32) {
	s.op("MOVD", "$0x%08x, %s", w, scratch)
	s.op("VDUP", "%s, V%d.S4", scratch, d)
}
