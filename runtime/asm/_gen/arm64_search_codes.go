package main

// codes: R6 counts parts, R7 and R9 are code and w of a step, R10 their
// distance. Masks and sub-scales are bytes, one for each of 16 weights.
//
//	V14       index
//	V16       the order of a panel
//	V17, V18  value and index of the other code
//	V21       where the sub-scale is negative
//	V22       the sub-scale, then 1/unit
//	V29       1
//	V13, V31  what the value becomes in int16, V9 and V10 what the other does
func (s searchNEON) codes(grid gridNEON) {
	const (
		index, order, otherValue, other = 14, 16, 17, 18
		negative, step, one             = 21, 22, 29
		lo, hi, otherLo, otherHi        = sMore, sScratch, 9, 10
	)
	s.text(grid.kernel("codes"), "code, w *int8, x, s, inv *float32, grid *Grid", "")
	grid.prepare("R5")
	s.shifts("R5")
	first, last := grid.limits()
	s.panelOrder(order, "R8")
	s.op("VMOVI", "$1, V%d.B16", one)
	s.op("MOVD", "$%d, R10", 64)
	s.loop("part", "R6", 4, func() {
		s.op("VLD1.P", "16(R3), %s", list(sTry, 1, "S4"))
		s.op("VLD1.P", "16(R4), %s", list(sInv, 1, "S4"))
		s.factor("R5")
		s.zero(negative, 1)
		s.v("cmgt 16b", negative, negative, sScale)
		s.broadcast(step, "R5", gridStep)
		s.op("MOVD", "R0, R7")
		s.op("MOVD", "R1, R9")
		s.columns("column", "R2", "", 32, func() {
			s.by(4, "fmul", sT, sX, sF)
			s.by(4, "fmul", sX, sX, sInv)
			i := grid.near(sT)
			s.known("VORR", "B16", index, i, i)
			s.products(lo, hi, sBytes)

			// Towards x from what the value becomes before rounding: 1 or −1.
			toward := sC
			s.widen(sC, lo, hi, 0)
			s.by(4, "fmul", sC, sC, step)
			s.every(4, "fcmge", sC, sX, sC)
			s.narrow(toward, sC)
			s.known("VEOR", "B16", toward, toward, negative)
			s.v("orn", toward, one, toward)
			s.known("VADD", "B16", other, index, toward)
			s.v("smax", other, other, first)
			s.v("smin", other, other, last)
			grid.value(otherValue, other)

			// The greater is nearer where x is at least half their sum.
			stay, greater := sT, sT+1
			s.shift(lo, hi)
			s.fold(otherLo, otherHi, otherValue)
			s.known("VADD", "H8", sT, lo, otherLo)
			s.known("VADD", "H8", sT+2, hi, otherHi)
			s.widen(sT, sT, sT+2, 1)
			s.every(4, "fcmge", sT, sX, sT)
			s.narrow(stay, sT)
			s.v("cmgt 8h", sT+1, otherLo, lo)
			s.v("cmgt 8h", sT+2, otherHi, hi)
			s.known("VUZP1", "B16", greater, sT+1, sT+2)
			s.known("VEOR", "B16", stay, stay, greater)

			s.known("VUZP1", "B16", lo, lo, hi)
			s.known("VUZP1", "B16", otherLo, otherLo, otherHi)
			s.known("VBIT", "B16", other, index, stay)
			s.known("VBIT", "B16", otherLo, lo, stay)
			s.known("VSUB", "B16", other, other, first)
			for i, r := range []int{other, otherLo} {
				s.look(r, r, order)
				s.op("VST1.P", "%s, (%s)(R10)", list(r, 1, "B16"), []string{"R7", "R9"}[i])
			}
		})
		for _, p := range []string{"R0", "R1", "R2"} {
			s.op("ADD", "$16, %s", p)
		}
	})
	s.ret()
}
