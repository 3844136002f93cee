package main

// The kernels of an encoder's search, for NEON. A step takes four columns of
// four rows: a register holds a column, so that the sum of a row stays in one
// lane and goes in the order of the definition, and whatever fits a byte takes
// one register for all 16, byte 4c + r for column c. The 16 rows go in four parts.
//
// Registers of the kernels on blocks:
//
//	V0–V3     x of four columns, then what becomes of it
//	V4–V7     x in units of the grid, and scratch of its search
//	V8–V11    the values next to these
//	V12, V13  the same in bytes
//	V14       importance of four columns
//	V15       factor from x to units of the grid
//	V16, V17  sums; V17 is the best candidate where there is one sum
//	V23–V27   the grid
//	V31       scratch
//
// R12 to R14 are the columns' x, importance and count.
type searchNEON struct{ *a64 }

const (
	sX, sT, sC      = 0, 4, 8
	sBytes, sMore   = 12, 13
	sImp, sF        = 14, 15
	sSum, sSecond   = 16, 17
	sGrid, sScratch = 23, 31

	columnBytes = 64 // bytes
)

func init() {
	arm64["search_neon"] = func(g *a64) {
		s := searchNEON{g}
		s.readColumns()
		s.readColumnsBF16()
		s.errors()
		s.q8()
		for _, grid := range []gridNEON{tableNEON{g}, uniformNEON{g}} {
			s.free(grid)
			s.scale(grid)
			s.fit(grid)
			s.codes(grid)
		}
	}
}

// columns runs body for n columns of four rows from x on, four at a time; imp
// may be left out.
func (s searchNEON) columns(label, x, imp string, n int, body func()) {
	s.op("MOVD", "%s, R12", x)
	if imp != "" {
		s.op("MOVD", "%s, R13", imp)
	}
	s.loop(label, "R14", n/4, func() {
		for c := range 4 {
			s.op("FMOVQ", "%s, F%d", at("R12", columnBytes*c), sX+c)
		}
		if imp != "" {
			s.op("FMOVQ.P", "16(R13), F%d", sImp)
		}
		s.op("ADD", "$%d, R12", 4*columnBytes)
		body()
	})
}

// peak leaves in most the greatest magnitude of each row.
func (s searchNEON) peak(x string, n, most int) {
	const m = 4
	s.zero(m, 4)
	s.columns("peak", x, "", n, func() {
		s.every(4, "fabs", sX, sX)
		s.every(4, "fmax", m, m, sX)
	})
	s.every(2, "fmax", m, m, m+2)
	s.v("fmax", most, m, m+1)
}

// addSquares is sum += imp·(e·e), column by column; e is lost.
func (s searchNEON) addSquares(sum, e int) {
	s.every(4, "fmul", e, e, e)
	s.weigh(e)
	for c := range 4 {
		s.v("fadd", sum, sum, e+c)
	}
}

// addProducts is sSum += imp·(x·n) and sSecond += imp·(n·n), n in sC; x and n
// are lost.
func (s searchNEON) addProducts() {
	s.every(4, "fmul", sX, sX, sC)
	s.every(4, "fmul", sC, sC, sC)
	s.weigh(sX)
	s.weigh(sC)
	for c := range 4 {
		s.v("fadd", sSum, sSum, sX+c)
		s.v("fadd", sSecond, sSecond, sC+c)
	}
}

// weigh multiplies four columns with their importance.
func (s searchNEON) weigh(x int) {
	for c := range 4 {
		s.lane("fmul", x+c, x+c, sImp, c)
	}
}

// narrow leaves in d the low bytes of four registers of words, x and on, which
// are lost.
func (s searchNEON) narrow(d, x int) {
	s.known("VUZP1", "H8", x, x, x+1)
	s.known("VUZP1", "H8", x+2, x+2, x+3)
	s.known("VUZP1", "B16", d, x, x+2)
}

// saturate leaves in d the words of four registers, x and on, limited to what a
// byte holds; scratch is lost. d may be x.
func (s searchNEON) saturate(d, x, scratch int) {
	s.v("sqxtn 4h", d, x)
	s.v("sqxtn2 8h", d, x+1)
	s.v("sqxtn 4h", scratch, x+2)
	s.v("sqxtn2 8h", scratch, x+3)
	s.v("sqxtn 8b", d, d)
	s.v("sqxtn2 16b", d, scratch)
}

// widen makes int16 of two registers float32 in four, d and on, divided by
// 2^fraction. lo may be d; hi may be neither d nor d+1.
func (s searchNEON) widen(d, lo, hi, fraction int) {
	s.v("sxtl2", d+1, lo)
	s.v("sxtl", d, lo)
	s.v("sxtl2", d+3, hi)
	s.v("sxtl", d+2, hi)
	for c := range 4 {
		s.fixed(d+c, d+c, fraction)
	}
}

// fixed is d = n/2^fraction, n an integer.
func (s searchNEON) fixed(d, n, fraction int) {
	if fraction == 0 {
		s.v("scvtf", d, n)
		return
	}
	s.word(0x4f00e400|(64-fraction)<<16|n<<5|d, "scvtf v%d.4s, v%d.4s, #%d", d, n, fraction)
}

// broadcast fills d with the float32 at an offset.
func (s searchNEON) broadcast(d int, base string, offset int) {
	s.op("FMOVS", "%s, F%d", at(base, offset), d)
	s.op("VDUP", "V%d.S[0], V%d.S4", d, d)
}

// panelOrder makes the table that moves byte 4c + r to 4r + c.
func (s searchNEON) panelOrder(d int, scratch string) {
	for i, bytes := range []uint64{0x0d0905010c080400, 0x0f0b07030e0a0602} {
		s.op("MOVD", "$0x%016x, %s", bytes, scratch)
		s.op("VMOV", "%s, V%d.D[%d]", scratch, d, i)
	}
}

// look is d = table[index], 16 bytes each.
func (s searchNEON) look(d, table, index int) {
	s.op("VTBL", "V%d.B16, [V%d.B16], V%d.B16", index, table, d)
}
