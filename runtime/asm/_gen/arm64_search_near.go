package main

// gridNEON finds the values next to numbers. prepare loads the grid from a
// pointer into V23–V27.
type gridNEON interface {
	kernel(name string) string
	prepare(g string)
	// near leaves in sBytes the values next to t, four registers; the result is the
	// register of their indices, which may count from anything.
	near(t int) int
	// floats leaves in sC the values as float32.
	floats(t int)
	// limits leaves the first and the last index in two registers of the grid.
	limits() (first, last int)
	// value is the value of an index.
	value(d, index int)
}

// tableNEON compares 2·(t + 64), rounded down to a byte, with midpoints: 16
// numbers walk down the tree of a Grid at once, a look-up and a comparison for
// each of four levels. The leaves are 16 to 31: looked up in two registers, they
// find the second.
//
//	V23  the tree
//	V24  values
//	V25  upper bytes of their bfloat16, V26 lower ones
//	V27  64
type tableNEON struct{ *a64 }

func (g tableNEON) kernel(name string) string { return name + "TableNEON" }

func (g tableNEON) prepare(p string) {
	g.op("ADD", "$%d, %s, R8", gridTree, p)
	g.op("VLD1", "(R8), %s", list(sGrid, 4, "B16"))
	g.constant(sGrid+4, "R8", 64)
}

// leaf leaves in sMore 16 + index. Of fixed-point numbers with 25 bits of
// fraction, saturated, the upper byte is 2·(t + 64), clamped.
func (g tableNEON) leaf(t int) {
	const fraction = 25
	g.by(4, "fadd", sT, t, sGrid+4)
	for r := sT; r < sT+4; r++ {
		g.word(0x6f00fc00|(64-fraction)<<16|r<<5|r, "fcvtzu v%d.4s, v%d.4s, #%d", r, r, fraction)
	}
	g.known("VUZP2", "H8", sT, sT, sT+1)
	g.known("VUZP2", "H8", sT+2, sT+2, sT+3)
	g.known("VUZP2", "B16", sT, sT, sT+2)
	node, next := sMore, sBytes
	g.op("VMOVI", "$1, V%d.B16", node)
	for range 4 {
		g.op("VTBL", "V%d.B16, [V%d.B16], V%d.B16", node, sGrid, next)
		g.v("cmhs", next, sT, next)
		g.op("VSLI", "$1, V%d.B16, V%d.B16", node, next)
		node, next = next, node
	}
}

func (g tableNEON) near(t int) int {
	g.leaf(t)
	g.value(sBytes, sMore)
	return sMore
}

func (g tableNEON) value(d, index int) {
	g.op("VTBL", "V%d.B16, %s, V%d.B16", index, list(sGrid, 2, "B16"), d)
}

func (g tableNEON) floats(t int) {
	const upper, lower = sT, sT + 1
	g.leaf(t)
	g.op("VTBL", "V%d.B16, [V%d.B16, V%d.B16], V%d.B16", sMore, sGrid+1, sGrid+2, upper)
	g.op("VTBL", "V%d.B16, [V%d.B16, V%d.B16], V%d.B16", sMore, sGrid+2, sGrid+3, lower)
	g.known("VZIP1", "B16", sBytes, lower, upper)
	g.known("VZIP2", "B16", sMore, lower, upper)
	g.bfloat(sC, sBytes)
	g.bfloat(sC+2, sMore)
}

// The bytes of bfloat16 make room for the limits.
func (g tableNEON) limits() (first, last int) {
	g.op("VMOVI", "$16, V%d.B16", sGrid+2)
	g.op("VMOVI", "$31, V%d.B16", sGrid+3)
	return sGrid + 2, sGrid + 3
}

// uniformNEON rounds; the index is the value.
//
//	V23, V24  the first value and the last, as float32
//	V25, V26  the same in bytes
type uniformNEON struct{ *a64 }

func (g uniformNEON) kernel(name string) string { return name + "UniformNEON" }

func (g uniformNEON) prepare(p string) {
	g.op("ADD", "$%d, %s, R8", gridLo, p)
	for i := range 2 {
		g.op("VLD1R.P", "4(R8), %s", list(sGrid+i, 1, "S4"))
	}
	g.op("ADD", "$%d, %s, R8", gridEnds, p)
	for i := range 2 {
		g.op("VLD1R.P", "1(R8), %s", list(sGrid+2+i, 1, "B16"))
	}
}

func (g uniformNEON) near(t int) int {
	g.every(4, "fcvtns", sT, t)
	searchNEON{g.a64}.saturate(sBytes, sT, sMore)
	g.v("smax", sBytes, sBytes, sGrid+2)
	g.v("smin", sBytes, sBytes, sGrid+3)
	return sBytes
}

func (g uniformNEON) floats(t int) {
	g.by(4, "fmax", sC, t, sGrid)
	g.by(4, "fmin", sC, sC, sGrid+1)
	g.every(4, "frintn", sC, sC)
}

func (g uniformNEON) limits() (first, last int) { return sGrid + 2, sGrid + 3 }

func (g uniformNEON) value(d, index int) { g.known("VORR", "B16", d, index, index) }
