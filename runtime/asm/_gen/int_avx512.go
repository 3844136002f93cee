package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The int8 kernels of AVX-512 with VNNI.
//
// Strips hold w8 + 128, because VPDPBUSD multiplies unsigned by signed bytes;
// accumulators start at comp = −128·Σ q. A vector holds 16 rows × 4 columns.
//
// Register plan of the product, m rows of activations:
//
//	Z0 … Z11    sums of rows 0–15 of the strip, per activation row
//	Z12 … Z23   sums of rows 16–31
//	Z24, Z25    weights
//	Z26 … Z29   broadcast activations, 4 columns of one row
//	Z30, Z31    scales d in the epilogue
func init() {
	amd64["int_avx512"] = func() {
		ConstraintExpr("!purego")
		for _, m := range []int{12, 8, 4, 1} {
			productAVX512(m)
		}
		decodeQ4AVX512()
		decodeQ6AVX512()
		decodeQ8AVX512()
		quantizeAVX512()
	}
}

const (
	tilePanel  = 4096 // bytes of a decoded tile
	groupSteps = 32   // vectors of 4 columns in 128
)

var zmm = []VecPhysical{
	Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15,
	Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31,
}

// xmm and ymm are the low parts of zmm[i].
func xmm(i int) VecPhysical { return zmm[i].AsX().(VecPhysical) }
func ymm(i int) VecPhysical { return zmm[i].AsY().(VecPhysical) }

const productSignature = "func(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, panels, qStride, sStride int)"

// productAVX512 walks panels; in each, two halves of 128 columns; in each, 32
// vectors of weights, unrolled by four.
//
// The last four of them go row by row of the activations, a few rows at a time,
// and each few end in their part of the epilogue: 24 stores of 64 bytes in a row
// hold up the products behind them (9 % of the time on Zen 5), 6 at a time do not.
func productAVX512(m int) {
	const unroll = 4
	TEXT(fmt.Sprintf("productAVX512x%d", m), NOSPLIT, productSignature)
	p := product512{
		m: m, unroll: unroll,
		out: Load(Param("out"), GP64()), wp: GP64(), qp: GP64(), sp: GP64(), cp: GP64(), dp: GP64(),
	}
	w, d := Load(Param("w"), GP64()), Load(Param("d"), GP64())
	q, scale, comp := Load(Param("q"), GP64()), Load(Param("scale"), GP64()), Load(Param("comp"), GP64())
	panels := Load(Param("panels"), GP64())
	half, steps := GP64(), GP64()

	label := func(name string) string { return fmt.Sprintf("%s_%d", name, m) }
	Label(label("panel"))
	MOVQ(w, p.wp)
	MOVQ(q, p.qp)
	MOVQ(scale, p.sp)
	MOVQ(comp, p.cp)
	MOVQ(d, p.dp)
	MOVQ(imm(2), half)

	Label(label("half"))
	p.start()
	MOVQ(imm(groupSteps/unroll-1), steps)
	Label(label("steps"))
	p.steps(0, m)
	ADDQ(imm(64*unroll), p.wp)
	ADDQ(imm(4*m*unroll), p.qp)
	DECQ(steps)
	JNE(LabelRef(label("steps")))

	VMOVUPS(Mem{Base: p.dp}, Z30)
	VMOVUPS(Mem{Base: p.dp, Disp: 128}, Z31)
	few := max(1, m/4)
	for t := 0; t < m; t += few {
		p.steps(t, t+few)
		p.epilogue(t, t+few)
	}
	ADDQ(imm(64*unroll), p.wp)
	ADDQ(imm(4*m*unroll), p.qp)
	ADDQ(imm(4*m), p.sp)
	ADDQ(imm(4*m), p.cp)
	ADDQ(imm(64), p.dp)
	DECQ(half)
	JNE(LabelRef(label("half")))

	ADDQ(imm(128*m), p.out)
	stride := Load(Param("qStride"), GP64())
	ADDQ(stride, q)
	stride = Load(Param("sStride"), GP64())
	ADDQ(stride, scale)
	ADDQ(stride, comp)
	DECQ(panels)
	JNE(LabelRef(label("panel")))
	VZEROUPPER()
	RET()
}

// product512 is what the parts of a product share: the pointers of a panel's
// half.
type product512 struct {
	m, unroll               int
	out, wp, qp, sp, cp, dp Register
}

// chains is how many sums a row has in turn. One row alone has too few chains to
// hide the latency of a product: its sums go to four pairs of accumulators.
func (p product512) chains() int {
	if p.m == 1 {
		return p.unroll
	}
	return 1
}

// lo and hi are the sums of rows 0–15 and 16–31 of the strip.
func (p product512) lo(t, chain int) VecPhysical { return zmm[t+chain] }
func (p product512) hi(t, chain int) VecPhysical { return zmm[12+t+chain] }

// start sets the sums to what the offset of the weights will add.
func (p product512) start() {
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
func (p product512) steps(first, end int) {
	for u := range p.unroll {
		VMOVDQU64(Mem{Base: p.wp, Disp: 64 * u}, Z24)
		VMOVDQU64(Mem{Base: p.wp, Disp: tilePanel + 64*u}, Z25)
		for t := first; t < end; t++ {
			a := zmm[26+t%4]
			VPBROADCASTD(Mem{Base: p.qp, Disp: 4 * (p.m*u + t)}, a)
			VPDPBUSD(a, Z24, p.lo(t, u%p.chains()))
			VPDPBUSD(a, Z25, p.hi(t, u%p.chains()))
		}
	}
}

// epilogue adds the sums of rows [first, end) to the output; Z30 and Z31 hold d.
func (p product512) epilogue(first, end int) {
	for c := p.chains() / 2; c > 0; c /= 2 {
		for i := range c {
			VPADDD(p.lo(0, i+c), p.lo(0, i), p.lo(0, i))
			VPADDD(p.hi(0, i+c), p.hi(0, i), p.hi(0, i))
		}
	}
	for t := first; t < end; t++ {
		s := zmm[26+t%4]
		VBROADCASTSS(Mem{Base: p.sp, Disp: 4 * t}, s)
		for i, acc := range []VecPhysical{p.lo(t, 0), p.hi(t, 0)} {
			o := Mem{Base: p.out, Disp: 128*t + 64*i}
			VCVTDQ2PS(acc, acc)
			VMULPS(zmm[30+i], acc, acc)
			VFMADD213PS(o, s, acc)
			VMOVUPS(acc, o)
		}
	}
}

// bytes64 is a constant of 64 bytes made of a repeated pattern.
func bytes64(name string, pattern ...byte) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 64 {
		DATA(i, U8(pattern[i%len(pattern)]))
	}
	return m
}

// merge joins the products of even bytes (low bytes of words) and of odd bytes
// into one vector of bytes and adds the offset 128.
//
//	even, odd  words with a result in their low byte each
func merge(even, odd, lowBytes, offset VecPhysical) {
	VPSLLW(Imm(8), odd, odd)
	// lowBytes ? even : odd
	VPTERNLOGD(Imm(0xe4), lowBytes, odd, even)
	VPXORD(offset, even, even)
}

// subScales loads the 16 sub-scales of a block as words, each twice: one per
// pair of columns of its row.
func subScales(at Mem, twice, dst VecPhysical) {
	VPMOVSXBD(at, dst)
	VPSHUFB(twice, dst, dst)
}

// rowScales widens 16 bf16 and stores them for both halves.
func rowScales(tile, d Register) {
	VPMOVZXWD(Mem{Base: tile}, Z0)
	VPSLLD(Imm(16), Z0, Z0)
	VMOVUPS(Z0, Mem{Base: d})
	VMOVUPS(Z0, Mem{Base: d, Disp: 64})
}

// ahead asks for n cache lines of the tile two further on, which the kernel will
// want after about 2000 cycles of products: hardware prefetchers stop at pages,
// and a tile is half of one. A prefetch past the end of the tensor does nothing.
func ahead(at Register, disp, tile, n int) {
	for i := range n {
		PREFETCHT0(Mem{Base: at, Disp: 2*tile + disp + 64*i})
	}
}

// decodeQ4AVX512: a byte's codebook entry, moved to the high byte of a word,
// times s, by VPMULHRSW: (256·C·s + 2¹⁴) >> 15 = (C·s + 64) >> 7.
func decodeQ4AVX512() {
	TEXT("decodeQ4AVX512", NOSPLIT, "func(w *byte, d *float32, tile *byte, codebook *int8)")
	w, d := Load(Param("w"), GP64()), Load(Param("d"), GP64())
	tile, codebook := Load(Param("tile"), GP64()), Load(Param("codebook"), GP64())
	ahead(tile, 0, 2208, 3)
	rowScales(tile, d)
	VBROADCASTI32X4(Mem{Base: codebook}, Z16)
	VMOVDQU64(bytes64("nibbleMask", 0x0f), Z17)
	VMOVDQU64(bytes64("highBytes", 0, 0xff), Z18)
	VMOVDQU64(bytes64("lowBytes", 0xff, 0), Z19)
	VMOVDQU64(bytes64("offset128", 0x80), Z20)
	VMOVDQU64(bytes64("twice", 0, 1, 0, 1, 4, 5, 4, 5, 8, 9, 8, 9, 12, 13, 12, 13), Z21)
	s, blocks := GP64(), GP64()
	LEAQ(Mem{Base: tile, Disp: 32}, s)
	ADDQ(imm(160), tile)
	MOVQ(imm(8), blocks)
	Label("q4_block")
	ahead(tile, 0, 2208, 4)
	subScales(Mem{Base: s}, Z21, Z22)
	for v := range 4 {
		// The two vectors of a load, low and high nibbles, in registers apart.
		c := []VecPhysical{zmm[4*(v%2)], zmm[4*(v%2)+1]}
		odd := []VecPhysical{zmm[4*(v%2)+2], zmm[4*(v%2)+3]}
		VMOVDQU64(Mem{Base: tile, Disp: 64 * v}, c[0])
		VPSRLW(Imm(4), c[0], c[1])
		for i := range 2 {
			VPANDD(Z17, c[i], c[i])
			VPSHUFB(c[i], Z16, c[i])
			VPANDD(Z18, c[i], odd[i])
			VPSLLW(Imm(8), c[i], c[i])
			VPMULHRSW(Z22, c[i], c[i])
			VPMULHRSW(Z22, odd[i], odd[i])
			merge(c[i], odd[i], Z19, Z20)
			VMOVDQU64(c[i], Mem{Base: w, Disp: 128*v + 64*i})
		}
	}
	ADDQ(imm(16), s)
	ADDQ(imm(256), tile)
	ADDQ(imm(512), w)
	DECQ(blocks)
	JNE(LabelRef("q4_block"))
	VZEROUPPER()
	RET()
}

// decodeQ6AVX512: y = 4·q − 128 is a signed byte; in the high byte of a word it
// is (q−32)·2¹⁰, and VPMULHRSW by s gives ((q−32)·s + 16) >> 5.
func decodeQ6AVX512() {
	TEXT("decodeQ6AVX512", NOSPLIT, "func(w *byte, d *float32, tile *byte)")
	w, d := Load(Param("w"), GP64()), Load(Param("d"), GP64())
	tile := Load(Param("tile"), GP64())
	ahead(tile, 0, 3232, 3)
	rowScales(tile, d)
	VMOVDQU64(bytes64("nibbleTimes4", 0x3c), Z16)
	VMOVDQU64(bytes64("topBits", 0xc0), Z17)
	VMOVDQU64(NewDataAddr(Symbol{Name: "highBytes", Static: true}, 0), Z18)
	VMOVDQU64(NewDataAddr(Symbol{Name: "lowBytes", Static: true}, 0), Z19)
	VMOVDQU64(NewDataAddr(Symbol{Name: "offset128", Static: true}, 0), Z20)
	VMOVDQU64(NewDataAddr(Symbol{Name: "twice", Static: true}, 0), Z21)
	s, high, blocks := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: tile, Disp: 32}, s)
	LEAQ(Mem{Base: tile, Disp: 2208}, high)
	ADDQ(imm(160), tile)
	MOVQ(imm(8), blocks)
	Label("q6_block")
	ahead(tile, 0, 3232, 4)
	ahead(high, 0, 3232, 2)
	subScales(Mem{Base: s}, Z21, Z22)
	for v := range 4 {
		y := []VecPhysical{zmm[8*(v%2)], zmm[8*(v%2)+1]}
		top := []VecPhysical{zmm[8*(v%2)+2], zmm[8*(v%2)+3]}
		odd := []VecPhysical{zmm[8*(v%2)+4], zmm[8*(v%2)+5]}
		raw, bits := zmm[8*(v%2)+6], zmm[8*(v%2)+7]
		VMOVDQU64(Mem{Base: tile, Disp: 64 * v}, raw)
		VMOVDQU64(Mem{Base: high, Disp: 64 * (v / 2)}, bits)
		VPSLLW(Imm(2), raw, y[0])
		VPSRLW(Imm(2), raw, y[1])
		for i := range 2 {
			// The top two bits of vector v, nibble i stand in bits 4(v%2) + 2i.
			if up := 6 - 4*(v%2) - 2*i; up > 0 {
				VPSLLW(Imm(uint64(up)), bits, top[i])
			} else {
				VMOVDQA64(bits, top[i])
			}
			VPTERNLOGD(Imm(0xea), Z20, Z16, y[i])    // (y & 0x3c) | 0x80
			VPTERNLOGD(Imm(0x78), Z17, top[i], y[i]) // ^ (top & 0xc0)
			VPANDD(Z18, y[i], odd[i])
			VPSLLW(Imm(8), y[i], y[i])
			VPMULHRSW(Z22, y[i], y[i])
			VPMULHRSW(Z22, odd[i], odd[i])
			merge(y[i], odd[i], Z19, Z20)
			VMOVDQU64(y[i], Mem{Base: w, Disp: 128*v + 64*i})
		}
	}
	ADDQ(imm(16), s)
	ADDQ(imm(256), tile)
	ADDQ(imm(128), high)
	ADDQ(imm(512), w)
	DECQ(blocks)
	JNE(LabelRef("q6_block"))
	VZEROUPPER()
	RET()
}

// decodeQ8AVX512 adds the offset to the tile's bytes.
func decodeQ8AVX512() {
	TEXT("decodeQ8AVX512", NOSPLIT, "func(w *byte, d *float32, tile *byte)")
	w, d := Load(Param("w"), GP64()), Load(Param("d"), GP64())
	tile := Load(Param("tile"), GP64())
	for g := range 2 {
		VPMOVZXWD(Mem{Base: tile, Disp: 32 * g}, Z0)
		VPSLLD(Imm(16), Z0, Z0)
		VMOVUPS(Z0, Mem{Base: d, Disp: 64 * g})
	}
	VMOVDQU64(NewDataAddr(Symbol{Name: "offset128", Static: true}, 0), Z20)
	ADDQ(imm(64), tile)
	n := GP64()
	MOVQ(imm(tilePanel/512), n)
	Label("q8_loop")
	ahead(tile, 0, 4160, 8)
	for i := range 8 {
		VPXORD(Mem{Base: tile, Disp: 64 * i}, Z20, zmm[i])
		VMOVDQU64(zmm[i], Mem{Base: w, Disp: 64 * i})
	}
	ADDQ(imm(512), tile)
	ADDQ(imm(512), w)
	DECQ(n)
	JNE(LabelRef("q8_loop"))
	VZEROUPPER()
	RET()
}

// quantizeAVX512 keeps a group of 128 columns in Z0 … Z7.
func quantizeAVX512() {
	TEXT("quantizeAVX512", NOSPLIT, "func(q *int8, scale *float32, comp *int32, x *float32, groups, m int)")
	q, scale, comp := Load(Param("q"), GP64()), Load(Param("scale"), GP64()), Load(Param("comp"), GP64())
	x, groups, m4 := Load(Param("x"), GP64()), Load(Param("groups"), GP64()), Load(Param("m"), GP64())
	SHLQ(Imm(2), m4) // bytes between 4 columns of a row and the next 4
	abs := GLOBL("absMask", RODATA|NOPTR)
	DATA(0, U32(0x7fffffff))
	limits := GLOBL("quantizeLimits", RODATA|NOPTR)
	DATA(0, F32(127))
	DATA(4, F32(1e-34))
	VPBROADCASTD(abs, Z31)
	Label("quantize_group")
	for i := range 8 {
		VMOVUPS(Mem{Base: x, Disp: 64 * i}, zmm[i])
		VPANDD(Z31, zmm[i], zmm[8+i])
	}
	for h := 4; h > 0; h /= 2 {
		for i := range h {
			VMAXPS(zmm[8+i+h], zmm[8+i], zmm[8+i])
		}
	}
	VEXTRACTF64X4(Imm(1), Z8, Y9)
	VMAXPS(Y9, Y8, Y8)
	VEXTRACTF128(Imm(1), Y8, X9)
	VMAXPS(X9, X8, X8)
	VPSHUFD(Imm(0x4e), X8, X9)
	VMAXPS(X9, X8, X8)
	VPSHUFD(Imm(0xb1), X8, X9)
	VMAXPS(X9, X8, X8)
	VPXORD(Z9, Z9, Z9)    // the scale and
	VPXORD(Z10, Z10, Z10) // the factor of a group of zeros
	VUCOMISS(limits.Offset(4), X8)
	JB(LabelRef("quantize_zero"))
	VMOVSS(limits, X11)
	VDIVSS(X11, X8, X9)
	VDIVSS(X8, X11, X10)
	Label("quantize_scaled")
	VMOVSS(X9, Mem{Base: scale})
	VBROADCASTSS(X10, Z10)
	VPXORD(Z12, Z12, Z12)
	for i := range 8 {
		VMULPS(Z10, zmm[i], zmm[i])
		VCVTPS2DQ(zmm[i], zmm[i])
		VPADDD(zmm[i], Z12, Z12)
		VPMOVDB(zmm[i], xmm(i))
	}
	for i := range 8 {
		for j := range 4 {
			if j == 0 {
				VMOVD(xmm(i), Mem{Base: q})
			} else {
				VPEXTRD(Imm(uint64(j)), xmm(i), Mem{Base: q})
			}
			ADDQ(m4, q)
		}
	}
	VEXTRACTI64X4(Imm(1), Z12, Y13)
	VPADDD(Y13, Y12, Y12)
	VEXTRACTI128(Imm(1), Y12, X13)
	VPADDD(X13, X12, X12)
	VPSHUFD(Imm(0x4e), X12, X13)
	VPADDD(X13, X12, X12)
	VPSHUFD(Imm(0xb1), X12, X13)
	VPADDD(X13, X12, X12)
	sum := GP32()
	VMOVD(X12, sum)
	NEGL(sum)
	SHLL(Imm(7), sum)
	MOVL(sum, Mem{Base: comp})
	ADDQ(m4, scale)
	ADDQ(m4, comp)
	ADDQ(imm(512), x)
	DECQ(groups)
	JNE(LabelRef("quantize_group"))
	VZEROUPPER()
	RET()
	Label("quantize_zero")
	JMP(LabelRef("quantize_scaled"))
}

// imm is an immediate of 32 bits, which every 64-bit instruction takes.
func imm(n int) Op { return U32(uint32(n)) }
