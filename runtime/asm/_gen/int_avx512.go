package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The int8 kernels of AVX-512 with VNNI.
//
// Panels hold w8 + 128, because VPDPBUSD multiplies unsigned by signed bytes;
// accumulators start at comp = −128·Σ q. A vector holds 16 rows × 4 columns.
//
// Register plan of the product, m rows of activations:
//
//	Z0 … Z11    sums of rows 0–15 of the strip, per activation row
//	Z12 … Z23   sums of rows 16–31
//	Z24, Z25    weights
//	Z26         broadcast activations, 4 columns of one row; in the epilogue, its
//	            scale. The processor renames it from use to use.
//	Z27 … Z31   a decoder's (decoder512)
func init() {
	amd64["int_avx512"] = func() {
		ConstraintExpr("!purego")
		for _, m := range []int{12, 8, 4, 1} {
			productAVX512(m, false)
		}
		productAVX512(12, true)
		for i, d := range decoders() {
			d.decode()
			for _, m := range []int{12, 8} {
				decodingProductAVX512(m, decoders()[i])
			}
		}
		quantizeAVX512()
	}
}

const (
	panelBytes = 4096 // w of one
	groupSteps = 32   // vectors of 4 columns in 128
)

var zmm = []VecPhysical{
	Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15,
	Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31,
}

// xmm and ymm are the low parts of zmm[i].
func xmm(i int) VecPhysical { return zmm[i].AsX().(VecPhysical) }
func ymm(i int) VecPhysical { return zmm[i].AsY().(VecPhysical) }

const productSignature = "func(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)"

const askingSignature = "func(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int, upperAhead, lowerAhead *byte)"

// productAVX512 walks slivers; in each, two halves of 128 columns. If asking, it
// asks for a line of each of two tiles every turn.
func productAVX512(m int, asking bool) {
	p := product512{name: fmt.Sprint(m), m: m}
	if asking {
		p.name = fmt.Sprintf("asking_%d", m)
		TEXT(fmt.Sprintf("askingProductAVX512x%d", m), NOSPLIT, askingSignature)
		p.ahead = []Register{Load(Param("upperAhead"), GP64()), Load(Param("lowerAhead"), GP64())}
	} else {
		TEXT(fmt.Sprintf("productAVX512x%d", m), NOSPLIT, productSignature)
	}
	p.out = Load(Param("out"), GP64())
	q, scale, comp := Load(Param("q"), GP64()), Load(Param("scale"), GP64()), Load(Param("comp"), GP64())
	slivers, half := Load(Param("slivers"), GP64()), GP64()
	p.wp, p.qp, p.sp, p.cp, p.dp = GP64(), GP64(), GP64(), GP64(), GP64()

	Label(p.label("sliver"))
	Load(Param("w"), p.wp)
	MOVQ(q, p.qp)
	MOVQ(scale, p.sp)
	MOVQ(comp, p.cp)
	Load(Param("d"), p.dp)
	MOVQ(imm(2), half)
	Label(p.label("half"))
	p.half()
	DECQ(half)
	JNE(LabelRef(p.label("half")))

	ADDQ(imm(128*m), p.out)
	stride := Load(Param("qStride"), GP64())
	ADDQ(stride, q)
	stride = Load(Param("sStride"), GP64())
	ADDQ(stride, scale)
	ADDQ(stride, comp)
	DECQ(slivers)
	JNE(LabelRef(p.label("sliver")))
	VZEROUPPER()
	RET()
}

// product512 is what the parts of a product share: the pointers of a sliver's
// half.
type product512 struct {
	name                    string
	m                       int
	out, wp, qp, sp, cp, dp Register
	beside                  *beside    // what is done between the products; nil: nothing
	ahead                   []Register // what to ask for
}

func (p *product512) label(part string) string { return part + "_" + p.name }

// unrolled is how many vectors of weights a turn of the innermost loop takes.
const unrolled = 4

// half multiplies 128 columns and moves the pointers to the next: 32 vectors of
// weights in turns of four.
//
// The last four of them go row by row of the activations, a few rows at a time,
// and each few end in their part of the epilogue: 24 stores of 64 bytes in a row
// hold up the products behind them (9 % of the time on Zen 5), 6 at a time do not.
func (p *product512) half() {
	turns := GP64()
	p.start()
	MOVQ(imm(groupSteps/unrolled-1), turns)
	Label(p.label("turns"))
	p.turn()
	p.steps(0, p.m)
	p.beside.rest()
	ADDQ(imm(64*unrolled), p.wp)
	ADDQ(imm(4*p.m*unrolled), p.qp)
	DECQ(turns)
	JNE(LabelRef(p.label("turns")))

	p.turn()
	few := max(1, p.m/4)
	for t := 0; t < p.m; t += few {
		p.steps(t, t+few)
		p.epilogue(t, t+few)
	}
	p.beside.rest()
	ADDQ(imm(64*unrolled), p.wp)
	ADDQ(imm(4*p.m*unrolled), p.qp)
	ADDQ(imm(4*p.m), p.sp)
	ADDQ(imm(4*p.m), p.cp)
	ADDQ(imm(64), p.dp)
}

// turn begins a turn of the innermost loop.
func (p *product512) turn() {
	p.beside.turn(p.m)
	for _, at := range p.ahead {
		PREFETCHT0(Mem{Base: at})
		ADDQ(imm(64), at)
	}
}

// chains is how many sums a row has in turn. One row alone has too few chains to
// hide the latency of a product: its sums go to four pairs of accumulators.
func (p *product512) chains() int {
	if p.m == 1 {
		return unrolled
	}
	return 1
}

// lo and hi are the sums of rows 0–15 and 16–31 of the strip.
func (p *product512) lo(t, chain int) VecPhysical { return zmm[t+chain] }
func (p *product512) hi(t, chain int) VecPhysical { return zmm[12+t+chain] }

// start sets the sums to what the offset of the weights will add.
func (p *product512) start() {
	for t := range p.m {
		VPBROADCASTD(Mem{Base: p.cp, Disp: 4 * t}, p.lo(t, 0))
		VMOVDQA64(p.lo(t, 0), p.hi(t, 0))
		for c := 1; c < p.chains(); c++ {
			VPXORD(p.lo(t, c), p.lo(t, c), p.lo(t, c))
			VPXORD(p.hi(t, c), p.hi(t, c), p.hi(t, c))
		}
	}
}

// steps multiplies rows [first, end) of the activations with four vectors.
func (p *product512) steps(first, end int) {
	for u := range unrolled {
		VMOVDQU64(Mem{Base: p.wp, Disp: 64 * u}, Z24)
		VMOVDQU64(Mem{Base: p.wp, Disp: panelBytes + 64*u}, Z25)
		for t := first; t < end; t++ {
			VPBROADCASTD(Mem{Base: p.qp, Disp: 4 * (p.m*u + t)}, Z26)
			VPDPBUSD(Z26, Z24, p.lo(t, u%p.chains()))
			VPDPBUSD(Z26, Z25, p.hi(t, u%p.chains()))
			p.beside.some()
		}
	}
}

// epilogue adds the sums of rows [first, end) to the output.
func (p *product512) epilogue(first, end int) {
	for c := p.chains() / 2; c > 0; c /= 2 {
		for i := range c {
			VPADDD(p.lo(0, i+c), p.lo(0, i), p.lo(0, i))
			VPADDD(p.hi(0, i+c), p.hi(0, i), p.hi(0, i))
		}
	}
	for t := first; t < end; t++ {
		VBROADCASTSS(Mem{Base: p.sp, Disp: 4 * t}, Z26)
		for i, acc := range []VecPhysical{p.lo(t, 0), p.hi(t, 0)} {
			o := Mem{Base: p.out, Disp: 128*t + 64*i}
			VCVTDQ2PS(acc, acc)
			VMULPS(Mem{Base: p.dp, Disp: 128 * i}, acc, acc)
			VFMADD213PS(o, Z26, acc)
			VMOVUPS(acc, o)
		}
	}
}

// imm is an immediate of 32 bits, which every 64-bit instruction takes.
func imm(n int) Op { return U32(uint32(n)) }
