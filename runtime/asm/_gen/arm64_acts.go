package main

import "math"

// quantize packs one row of activations: step columns stand together, the next
// step is m·step bytes on. R6 is 4m, the distance of scales and of fours; R7 is
// the distance of steps. V16 is 127, V17 the smallest maximum, V18 zero; V19
// and V20 scale and inverse of a group; V24–V27 sum q. FMAX lets no NaN pass, and
// PL is neither less nor unordered: the maximum is at least V17, or NaN.
func (g *a64) quantize(name string, step int) {
	g.text(name, "q *int8, scale *float32, comp *int32, x *float32, groups, m int", "")
	g.op("LSL", "$2, R5, R6")
	g.op("LSL", "$%d, R5, R7", map[int]int{4: 2, 8: 3}[step])
	for i, f := range []float32{127, 1e-34} {
		g.op("MOVD", "$0x%08x, R8", math.Float32bits(f))
		g.op("FMOVS", "R8, F%d", 16+i)
	}
	g.zero(18, 1)
	g.while("group", "R4", func() {
		g.op("MOVD", "R3, R8")
		g.zero(0, 4)
		g.loop("most", "R9", 8, func() {
			g.op("VLD1.P", "64(R8), %s", list(4, 4, "S4"))
			for i := range 4 {
				g.v("fabs", 4+i, 4+i)
			}
			for i := range 4 {
				g.v("fmax", i, i, 4+i)
			}
		})
		g.v("fmax", 0, 0, 1)
		g.v("fmax", 2, 2, 3)
		g.v("fmax", 0, 0, 2)
		g.word(0x6e30f800, "fmaxv s0, v0.4s")
		g.op("FDIVS", "F16, F0, F19")
		g.op("FDIVS", "F0, F16, F20")
		g.op("FSUBS", "F0, F0, F1")
		g.op("FADDS", "F1, F19, F19")
		g.op("FCMPS", "F17, F0")
		g.op("FCSELS", "PL, F19, F18, F19")
		g.op("FCSELS", "PL, F20, F18, F20")
		g.op("FMOVS", "F19, (R1)")
		g.zero(24, 4)
		g.loop("round", "R9", 8, func() {
			g.op("VLD1.P", "64(R3), %s", list(0, 4, "S4"))
			for i := range 4 {
				g.lane("fmul", i, i, 20, 0)
			}
			for i := range 4 {
				g.v("fcvtns", i, i)
			}
			for i := range 4 {
				g.known("VADD", "S4", 24+i, 24+i, i)
			}
			g.v("xtn 4h", 4, 0)
			g.v("xtn 4h", 5, 2)
			g.v("xtn2 8h", 4, 1)
			g.v("xtn2 8h", 5, 3)
			g.v("xtn 8b", 0, 4)
			g.v("xtn2 16b", 0, 5)
			for i := range 16 / step {
				g.op("VST1.P", "V0.%s[%d], (R0)(R7)", map[int]string{4: "S", 8: "D"}[step], i)
			}
		})
		g.known("VADD", "S4", 24, 24, 25)
		g.known("VADD", "S4", 26, 26, 27)
		g.known("VADD", "S4", 24, 24, 26)
		g.op("VADDV", "V24.S4, V24")
		g.op("VMOV", "V24.S[0], R8")
		g.op("LSL", "$7, R8")
		g.op("NEG", "R8, R8")
		g.op("MOVW", "R8, (R2)")
		g.op("ADD", "R6, R1")
		g.op("ADD", "R6, R2")
	})
	g.ret()
}

// decoders writes the decoders of the three encodings to vectors of 16 rows ×
// step columns. R0 is w, R1 d, R2 the tile's scales, R3 the codebook, R4 the
// codes, R5 and R6 count; R7 is q6's high bits.
//
// V0 is the codebook or the least sub-scale, V1 to V3 constants; V4–V7 the sub-scales of 16 rows, four
// copies of each; V16–V19 a vector of codes, V20–V23 what its low nibbles
// become, V24–V27 its high ones, V28–V31 products.
func (g *a64) decoders(tier string, step int) {
	g.text("decodeQ4"+tier, "w *byte, d *float32, tile *byte, codebook *int8", "")
	g.op("VLD1", "(R3), %s", list(0, 1, "B16"))
	g.op("VMOVI", "$15, V1.B16")
	g.rowScales()
	g.op("ADD", "$128, R2, R4")
	g.loop("block", "R5", 8, func() {
		g.subScales(nil)
		g.loop("vector", "R6", 4, func() {
			g.op("VLD1.P", "64(R4), %s", list(16, 4, "B16"))
			for j := range 4 {
				g.nibbles(j)
				for _, r := range []int{20 + j, 24 + j} {
					g.op("VTBL", "V%d.B16, [V0.B16], V%d.B16", r, r)
				}
				g.fold(j, 7)
			}
			g.storePair(step)
		})
	})
	g.ret()

	g.text("decodeQ6"+tier, "w *byte, d *float32, tile *byte", "")
	for i, c := range []int{256 - 127, 15, 0x30, 32} {
		g.op("VMOVI", "$%d, V%d.B16", c, i)
	}
	g.rowScales()
	g.op("ADD", "$128, R2, R4")
	g.op("ADD", "$%d, R4, R7", 32*64)
	g.loop("block", "R5", 8, func() {
		g.subScales(func() { g.v("smax", 8, 8, 0) }) // −128 counts as −127
		g.loop("vector", "R6", 2, func() {
			g.op("VLD1.P", "64(R7), %s", list(12, 4, "B16"))
			for v := range 2 {
				g.op("VLD1.P", "64(R4), %s", list(16, 4, "B16"))
				for j := range 4 {
					g.nibbles(j)
					g.highBits(j, v)
					for _, r := range []int{20 + j, 24 + j} {
						g.known("VSUB", "B16", r, r, 3)
					}
					g.fold(j, 5)
				}
				g.storePair(step)
			}
		})
	})
	g.ret()

	g.text("decodeQ8"+tier, "w *byte, d *float32, tile *byte", "")
	for range 2 {
		g.op("VLD1.P", "32(R2), %s", list(16, 2, "H8"))
		g.bfloat(20, 16)
		g.bfloat(22, 17)
		g.op("VST1.P", "%s, 64(R1)", list(20, 4, "S4"))
	}
	g.loop("pair", "R5", 32, func() {
		g.op("VLD1.P", "64(R2), %s", list(20, 4, "B16"))
		g.op("VLD1.P", "64(R2), %s", list(24, 4, "B16"))
		g.storePair(step)
	})
	g.ret()
}

// rowScales widens 16 row scales into both halves of d.
func (g *a64) rowScales() {
	g.op("VLD1.P", "32(R2), %s", list(16, 2, "H8"))
	g.bfloat(20, 16)
	g.bfloat(22, 17)
	g.op("VST1.P", "%s, 64(R1)", list(20, 4, "S4"))
	g.op("VST1", "%s, (R1)", list(20, 4, "S4"))
}

// subScales makes four copies of the 16 sub-scales of a block, which change, if
// any, finds in V8.
func (g *a64) subScales(change func()) {
	g.op("VLD1.P", "16(R2), %s", list(8, 1, "B16"))
	if change != nil {
		change()
	}
	g.known("VZIP1", "B16", 9, 8, 8)
	g.known("VZIP2", "B16", 10, 8, 8)
	for i := range 2 {
		g.known("VZIP1", "H8", 4+2*i, 9+i, 9+i)
		g.known("VZIP2", "H8", 5+2*i, 9+i, 9+i)
	}
}

// nibbles splits the codes of rows 4j to 4j+3.
func (g *a64) nibbles(j int) {
	g.known("VAND", "B16", 20+j, 16+j, 1)
	g.op("VUSHR", "$4, V%d.B16, V%d.B16", 16+j, 24+j)
}

// highBits adds the upper two bits of q6, of the first or second of two vectors
// that share V12–V15.
func (g *a64) highBits(j, second int) {
	for i, r := range []int{20 + j, 24 + j} {
		x := 28 + i
		switch 2*second + i {
		case 0:
			g.op("VSHL", "$4, V%d.B16, V%d.B16", 12+j, x)
		case 1:
			g.op("VSHL", "$2, V%d.B16, V%d.B16", 12+j, x)
		case 2:
			g.known("VAND", "B16", x, 12+j, 2)
		case 3:
			g.op("VUSHR", "$2, V%d.B16, V%d.B16", 12+j, x)
		}
		if 2*second+i != 2 {
			g.known("VAND", "B16", x, x, 2)
		}
		g.known("VORR", "B16", r, r, x)
	}
}

// fold multiplies values with their sub-scales and shifts, rounding.
func (g *a64) fold(j, shift int) {
	lo, hi, s := 20+j, 24+j, 4+j
	g.v("smull", 28, lo, s)
	g.v("smull2", 29, lo, s)
	g.v("smull", 30, hi, s)
	g.v("smull2", 31, hi, s)
	g.rshrn(lo, 28, shift, 0)
	g.rshrn(hi, 30, shift, 0)
	g.rshrn(lo, 29, shift, 1)
	g.rshrn(hi, 31, shift, 1)
}

// storePair writes V20–V23 and V24–V27, 4 columns each, as they are or as 8
// columns of two rows in each register.
func (g *a64) storePair(step int) {
	first := [2]int{20, 24}
	if step == 8 {
		first = [2]int{16, 28}
		for j := range 4 {
			to := first[j/2] + j%2*2
			g.known("VZIP1", "S4", to, 20+j, 24+j)
			g.known("VZIP2", "S4", to+1, 20+j, 24+j)
		}
	}
	for _, r := range first {
		g.op("VST1.P", "%s, 64(R0)", list(r, 4, "B16"))
	}
}
