package main

import "fmt"

// readColumns transposes four rows at a time, 4×4 by 4×4.
//
//	V0–V3      four columns of each row
//	V4–V7      halves of the transposition
//	V8–V11     four rows of each column
//	V28, V29   greatest magnitudes
//	V30        mask of the magnitude
func (s searchNEON) readColumns() {
	s.text("readColumnsNEON", "dst, src *float32, stride int", "uint32")
	s.transposeRows(4, func() {
		for i := range 2 {
			s.known("VZIP1", "S4", 4+2*i, i, 2+i)
			s.known("VZIP2", "S4", 5+2*i, i, 2+i)
		}
		for i := range 2 {
			s.known("VZIP1", "S4", 8+2*i, 4+i, 6+i)
			s.known("VZIP2", "S4", 9+2*i, 4+i, 6+i)
		}
	})
	s.word(0x6eb0a800|28<<5, "umaxv s0, v28.4s")
	s.op("FMOVS", "F0, R4")
	s.op("MOVW", "R4, ret+24(FP)")
	s.ret()
}

// readColumnsBF16 transposes bfloat16 4×8 by 4×8 before it widens them.
func (s searchNEON) readColumnsBF16() {
	s.text("readColumnsBF16NEON", "dst *float32, src *byte, stride int", "uint32")
	s.transposeRows(2, func() {
		for i := range 2 {
			s.known("VZIP1", "H8", 4+2*i, i, 2+i)
			s.known("VZIP2", "H8", 5+2*i, i, 2+i)
		}
		for i := range 2 {
			s.known("VZIP1", "H8", 16+2*i, 4+i, 6+i)
			s.known("VZIP2", "H8", 17+2*i, 4+i, 6+i)
		}
		for i := range 4 {
			s.bfloat(8+2*i, 16+i)
		}
	})
	s.word(0x6e70a800|28<<5, "umaxv h0, v28.8h")
	s.op("FMOVS", "F0, R4")
	s.op("LSL", "$16, R4")
	s.op("MOVW", "R4, ret+24(FP)")
	s.ret()
}

// transposeRows leaves in V28 the greatest magnitudes of numbers of `size` bytes;
// transpose goes from V0–V3 to the columns in V8 and on. R0 dst, R1 rows, R2 the
// distance of rows; R3 counts parts; R4 to R7 are four rows, R8 and R9 dst and
// the count of a part.
func (s searchNEON) transposeRows(size int, transpose func()) {
	arrangement := map[int]string{4: "S4", 2: "H8"}[size]
	s.op("LSL", "$%d, R2", size/2)
	s.zero(28, 2)
	s.op("MOVD", "$0x%x, R4", map[int]int{4: 0x7fffffff, 2: 0x7fff}[size])
	s.op("VDUP", "R4, V30.%s", arrangement)
	s.loop("part", "R3", 4, func() {
		s.op("MOVD", "R1, R4")
		for r := 5; r < 8; r++ {
			s.op("ADD", "R2, R%d, R%d", r-1, r)
		}
		s.op("ADD", "R2<<2, R1")
		s.op("MOVD", "R0, R8")
		columns := 16 / size
		s.loop("step", "R9", 256/columns, func() {
			for r := range 4 {
				s.op("FMOVQ.P", "16(R%d), F%d", 4+r, r)
			}
			transpose()
			for c := range columns {
				s.op("FMOVQ", "F%d, %s", 8+c, at("R8", columnBytes*c))
			}
			for r := range 4 {
				s.known("VAND", "B16", r, r, 30)
				s.known("VUMAX", arrangement, 28+r%2, 28+r%2, r)
			}
			s.op("ADD", "$%d, R8", columnBytes*columns)
		})
		s.op("ADD", "$16, R0")
	})
	s.known("VUMAX", arrangement, 28, 28, 29)
}

// errors keeps the sums of four rows, in float64, in two registers each.
//
//	V0, V1     Σx²
//	V2, V3     Σ(x−y)²
//	V4, V5     max |x−y|
//	V6         weights of four columns
//	V7         scales
//	V8, V9     y and x of a column
//	V10–V17    halves of x and y, |x−y| and squares
//
// R0 to R4 are the arguments; R5 counts parts, R6 vectors that are left, R7
// those of a group; R8, R9 and R10 are d, w and x as they advance.
func (s searchNEON) errors() {
	s.text("errorsNEON", "sums *float64, x *float32, w *int8, d *float32, vectors int", "")
	s.loop("part", "R5", 4, func() {
		for i := range 3 {
			s.op("FLDPQ", "%s, (F%d, F%d)", at("R0", 128*i), 2*i, 2*i+1)
		}
		s.op("MOVD", "R3, R8")
		s.op("MOVD", "R2, R9")
		s.op("MOVD", "R1, R10")
		s.op("MOVD", "R4, R6")

		s.label("group")
		s.op("FMOVQ", "(R8), F7")
		s.op("ADD", "$64, R8")
		s.op("MOVD", "$32, R7")
		s.op("CMP", "R7, R6")
		s.op("CSEL", "LT, R6, R7, R7")
		s.op("SUB", "R7, R6")
		s.while("vector", "R7", func() {
			s.op("FMOVQ", "(R9), F6")
			s.op("ADD", "$64, R9")
			for c := range 4 {
				s.errorsColumn(c)
			}
			s.op("ADD", "$%d, R10", 4*columnBytes)
		})
		s.op("CBNZ", "R6, group")

		for i := range 3 {
			s.op("FSTPQ", "(F%d, F%d), %s", 2*i, 2*i+1, at("R0", 128*i))
		}
		s.op("ADD", "$32, R0")
		for r := 1; r < 4; r++ {
			s.op("ADD", "$16, R%d", r)
		}
	})
	s.ret()
}

// errorsColumn: byte c of a word is a weight of column c.
func (s searchNEON) errorsColumn(c int) {
	const w, y, x = 6, 8, 9
	from := w
	if c < 3 {
		s.op("VSHL", "$%d, V%d.S4, V%d.S4", 24-8*c, w, y)
		from = y
	}
	s.word(0x4f000400|(64-24)<<16|from<<5|y, "sshr v%d.4s, v%d.4s, #24", y, from)
	s.fixed(y, y, 0)
	s.v("fmul", y, y, 7)
	s.op("FMOVQ", "%s, F%d", at("R10", columnBytes*c), x)
	for half := range 2 {
		a, b, diff, square := 10+4*half, 11+4*half, 12+4*half, 13+4*half
		convert := fmt.Sprint("fcvtl", [...]string{"", "2"}[half])
		s.v(convert, a, x)
		s.v(convert, b, y)
		s.v("fabd 2d", diff, a, b)
		s.v("fmul 2d", a, a, a)
		s.v("fmul 2d", square, diff, diff)
		s.v("fadd 2d", half, half, a)
		s.v("fadd 2d", 2+half, 2+half, square)
		s.v("fmax 2d", 4+half, 4+half, diff)
	}
}
