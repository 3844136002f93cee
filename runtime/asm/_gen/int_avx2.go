package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The int8 kernels of AVX2, which has no product of bytes that adds to 32 bits.
//
// Panels hold unsigned bytes, in vectors of 16 rows × 4 columns: two registers.
//
// q4 has |w8| ≤ 64, so its panels hold w8 + 64 ≤ 128, and the sum of two
// products with activations, 2·128·127 = 32512, fits the int16 of VPMADDUBSW.
// Accumulators start at comp/2 = −64·Σ q.
//
// q6 and q8 take the whole of int8, where VPMADDUBSW saturates. Their panels
// hold w8 + 128, and the product for them (“wide”) is one of int16, VPMADDWD:
// even and odd bytes of both factors stand in words of their own.
//
// Register plan of both, 16 rows of the strip × 4 activation rows. Multiplications
// bound them, two per 32 products, so that more sums would gain nothing:
//
//	Y0 … Y7     sums: register 2t+v is activation row t, strip rows 8v … 8v+7
//	Y8          words of 1; wide: mask of even bytes
//	Y9, Y10     weights; wide: even columns, with odd ones in Y11 and Y12
//	Y11 … Y14   activations and products; wide: from Y13 on
//	Y12 … Y14   in the epilogue, d of 16 rows and the scale of an activation row
func init() {
	amd64["int_avx2"] = func() {
		ConstraintExpr("!purego")
		for _, m := range []int{12, 8, 4, 1} {
			productAVX2(m)
		}
		for _, m := range []int{12, 8, 4, 1} {
			productWideAVX2(m)
		}
		decodeQ4YMM("decodeQ4AVX2", 64)
		decodeQ6AVX2()
		decodeQ8AVX2()
		quantizeAVX2()
	}
}

// blocked is the loop nest of a product that takes 16 rows of the strip and
// `rows` activation rows at a time:
//
//	sliver ⊃ half of 128 columns ⊃ panel of 16 rows ⊃ activation rows ⊃ columns
//
// so that an output gets its two halves in order.
type blocked struct {
	m, rows int
	unroll  int // steps of 4 columns in the body of the innermost loop
	// start sets the sums from the compensations of the rows, 4 bytes apart; step
	// adds 4 columns; finish, if any, leaves the sum of row t and of rows 8v … of
	// the panel in register 2t+v.
	start  func(comp Mem)
	step   func(u int, w, q Mem)
	finish func()
	// half, if any, prepares 128 columns of activations from q on and moves q to
	// the next ones; they stand at apart then. n and to are its to use.
	half  func(q, n, to Register)
	apart Register
}

func (b blocked) generate() {
	m := b.m
	label := func(name string) string { return fmt.Sprintf("%s_%d", name, m) }
	out, w, d := Load(Param("out"), GP64()), Load(Param("w"), GP64()), Load(Param("d"), GP64())
	q, scale, comp := Load(Param("q"), GP64()), Load(Param("scale"), GP64()), Load(Param("comp"), GP64())
	slivers := Load(Param("slivers"), GP64())
	half, panel, row := GP64(), GP64(), GP64() // row counts in bytes of its scale
	var acts Register = q
	wp, qp, steps, op := GP64(), GP64(), GP64(), GP64()

	Label(label("sliver"))
	MOVQ(imm(2), half)
	Label(label("half"))
	if b.half != nil {
		b.half(q, steps, qp)
		acts = b.apart
	}
	MOVQ(imm(2), panel)
	Label(label("panel"))
	XORQ(row, row)
	Label(label("row"))
	b.start(Mem{Base: comp, Index: row, Scale: 1})
	MOVQ(w, wp)
	LEAQ(Mem{Base: acts, Index: row, Scale: 1}, qp)
	MOVQ(imm(groupSteps/b.unroll), steps)
	Label(label("steps"))
	for u := range b.unroll {
		b.step(u, Mem{Base: wp, Disp: 64 * u}, Mem{Base: qp, Disp: 4 * m * u})
	}
	ADDQ(imm(64*b.unroll), wp)
	ADDQ(imm(4*m*b.unroll), qp)
	DECQ(steps)
	JNE(LabelRef(label("steps")))
	if b.finish != nil {
		b.finish()
	}

	MOVQ(row, op)
	SHLQ(Imm(5), op)
	ADDQ(out, op)
	VMOVUPS(Mem{Base: d}, Y12)
	VMOVUPS(Mem{Base: d, Disp: 32}, Y13)
	for t := range b.rows {
		VBROADCASTSS(Mem{Base: scale, Index: row, Scale: 1, Disp: 4 * t}, Y14)
		for v := range 2 {
			fixUp(ymm(2*t+v), ymm(12+v), Y14, Mem{Base: op, Disp: 128*t + 32*v})
		}
	}
	if b.rows < m {
		ADDQ(imm(4*b.rows), row)
		CMPQ(row, imm(4*m))
		JNE(LabelRef(label("row")))
	}
	ADDQ(imm(panelBytes), w)
	ADDQ(imm(128), d)
	ADDQ(imm(64), out)
	DECQ(panel)
	JNE(LabelRef(label("panel")))

	SUBQ(imm(2*panelBytes-panelBytes/2), w)
	SUBQ(imm(2*128-64), d)
	SUBQ(imm(2*64), out)
	if b.half == nil {
		ADDQ(imm(128*m), q)
	}
	ADDQ(imm(4*m), scale)
	ADDQ(imm(4*m), comp)
	DECQ(half)
	JNE(LabelRef(label("half")))

	SUBQ(imm(panelBytes), w)
	SUBQ(imm(2*64), d)
	ADDQ(imm(128*m), out)
	SUBQ(imm(2*128*m), q)
	ADDQ(Load(Param("qStride"), GP64()), q)
	stride := Load(Param("sStride"), GP64())
	SUBQ(imm(8*m), stride)
	ADDQ(stride, scale)
	ADDQ(stride, comp)
	DECQ(slivers)
	JNE(LabelRef(label("sliver")))
	VZEROUPPER()
	RET()
}

// fixUp is out += float32(acc)·d·scale: the first product rounded, the second
// fused with the addition.
func fixUp(acc, d, scale VecPhysical, out Mem) {
	VCVTDQ2PS(acc, acc)
	VMULPS(d, acc, acc)
	VFMADD213PS(out, scale, acc)
	VMOVUPS(acc, out)
}

func productAVX2(m int) {
	TEXT(fmt.Sprintf("productAVX2x%d", m), NOSPLIT, productSignature)
	VPCMPEQW(Y8, Y8, Y8)
	VPSRLW(Imm(15), Y8, Y8)
	rows := min(m, 4)
	b := blocked{m: m, rows: rows, unroll: 2}
	b.start = func(comp Mem) {
		for t := range rows {
			VPBROADCASTD(comp.Offset(4*t), ymm(2*t))
			VPSRAD(Imm(1), ymm(2*t), ymm(2*t))
			VMOVDQA(ymm(2*t), ymm(2*t+1))
		}
	}
	b.step = func(_ int, w, q Mem) {
		VMOVDQU(w, Y9)
		VMOVDQU(w.Offset(32), Y10)
		for t := range rows {
			a, p := ymm(11+t%2*2), ymm(12+t%2*2)
			VPBROADCASTD(q.Offset(4*t), a)
			VPMADDUBSW(a, Y9, p)
			VPMADDUBSW(a, Y10, a)
			VPMADDWD(Y8, p, p)
			VPMADDWD(Y8, a, a)
			VPADDD(p, ymm(2*t), ymm(2*t))
			VPADDD(a, ymm(2*t+1), ymm(2*t+1))
		}
	}
	b.generate()
}

// productWideAVX2 takes the activations of a half apart once for all rows of the
// strip, to the stack: even columns, [32][m][2] words, then odd ones.
func productWideAVX2(m int) {
	TEXT(fmt.Sprintf("productWideAVX2x%d", m), 0, productSignature)
	rows, plane := min(m, 4), 128*m // bytes of even columns
	apart := GP64()
	LEAQ(AllocLocal(2*plane+32).Offset(31), apart)
	ANDQ(I8(-32), apart)
	VPCMPEQW(Y8, Y8, Y8)
	VPSRLW(Imm(8), Y8, Y8)
	b := blocked{m: m, rows: rows, unroll: 1, apart: apart}
	b.half = func(q, n, to Register) {
		MOVQ(apart, to)
		MOVQ(imm(m), n)
		Label(fmt.Sprintf("apart_%d", m))
		for i := range 4 {
			even, odd := ymm(2*i), ymm(2*i+1)
			VMOVDQU(Mem{Base: q, Disp: 32 * i}, even)
			VPSRAW(Imm(8), even, odd)
			VPSLLW(Imm(8), even, even)
			VPSRAW(Imm(8), even, even)
			VMOVDQA(even, Mem{Base: to, Disp: 32 * i})
			VMOVDQA(odd, Mem{Base: to, Disp: plane + 32*i})
		}
		ADDQ(imm(128), q)
		ADDQ(imm(128), to)
		DECQ(n)
		JNE(LabelRef(fmt.Sprintf("apart_%d", m)))
	}
	b.start = func(comp Mem) {
		for t := range rows {
			VPBROADCASTD(comp.Offset(4*t), ymm(2*t))
			VMOVDQA(ymm(2*t), ymm(2*t+1))
		}
	}
	b.step = func(_ int, w, q Mem) {
		for v := range 2 {
			VMOVDQU(w.Offset(32*v), ymm(11+v))
			VPAND(Y8, ymm(11+v), ymm(9+v))
			VPSRLW(Imm(8), ymm(11+v), ymm(11+v))
		}
		for odd := range 2 {
			w := 9 + 2*odd
			for t := range rows {
				VPBROADCASTD(q.Offset(odd*plane+4*t), Y13)
				VPMADDWD(ymm(w), Y13, Y14)
				VPMADDWD(ymm(w+1), Y13, Y13)
				VPADDD(Y14, ymm(2*t), ymm(2*t))
				VPADDD(Y13, ymm(2*t+1), ymm(2*t+1))
			}
		}
	}
	b.generate()
}
