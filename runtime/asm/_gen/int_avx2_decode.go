package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The decoders of 256-bit registers. A vector of a tile is two registers of 8
// rows × 4 columns; even and odd bytes are multiplied by their row's sub-scale
// as the high bytes of words.
//
//	Y0 … Y7    a register of the tile and what it decodes to
//	Y8, Y9     sub-scales of rows 0–7 and 8–15
//	Y10 … Y15  constants

// bytes32 is a constant of 32 bytes made of a repeated pattern.
func bytes32(name string, pattern ...byte) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(pattern[i%len(pattern)]))
	}
	return m
}

// rowScalesYMM widens 16 bf16 and stores them at each of the places.
func rowScalesYMM(tile Mem, places ...Mem) {
	for v := range 2 {
		VPMOVZXWD(tile.Offset(16*v), Y0)
		VPSLLD(Imm(16), Y0, Y0)
		for _, p := range places {
			VMOVUPS(Y0, p.Offset(32*v))
		}
	}
}

// subScalesYMM loads the 16 sub-scales of a block to Y8 and Y9 as words, each
// twice: one per pair of columns of its row.
func subScalesYMM(s Register, twice VecPhysical) {
	for v := range 2 {
		VPMOVSXBD(Mem{Base: s, Disp: 8 * v}, ymm(8+v))
		VPSHUFB(twice, ymm(8+v), ymm(8+v))
	}
}

// scaleYMM multiplies the signed bytes of c, as high bytes of words, by s with
// VPMULHRSW and stores the results as bytes, with the offset added. Even results
// are not negative after the addition, so they do not borrow from odd ones.
func scaleYMM(c, odd, s, highBytes, offset VecPhysical, to Mem) {
	VPAND(highBytes, c, odd)
	VPSLLW(Imm(8), c, c)
	VPMULHRSW(s, c, c)
	VPMULHRSW(s, odd, odd)
	VPADDW(offset, c, c)
	VPSLLW(Imm(8), odd, odd)
	VPADDW(odd, c, c)
	VMOVDQU(c, to)
}

var twicePattern = []byte{0, 1, 0, 1, 4, 5, 4, 5, 8, 9, 8, 9, 12, 13, 12, 13}

// decodeQ4YMM: (256·C·s + 2¹⁴) >> 15 = (C·s + 64) >> 7.
func decodeQ4YMM(name string, offset byte) {
	TEXT(name, NOSPLIT, "func(w *byte, d *float32, tile *byte, codebook *int8)")
	w, d := Load(Param("w"), GP64()), Load(Param("d"), GP64())
	tile, codebook := Load(Param("tile"), GP64()), Load(Param("codebook"), GP64())
	rowScalesYMM(Mem{Base: tile}, Mem{Base: d}, Mem{Base: d, Disp: 64})
	VBROADCASTI128(Mem{Base: codebook}, Y10)
	VMOVDQU(bytes32("nibbles", 0x0f), Y11)
	VMOVDQU(bytes32("high", 0, 0xff), Y12)
	VMOVDQU(bytes32("offsetQ4", offset), Y13)
	VMOVDQU(bytes32("twice", twicePattern...), Y14)
	s, blocks := GP64(), GP64()
	LEAQ(Mem{Base: tile, Disp: 32}, s)
	ADDQ(imm(160), tile)
	MOVQ(imm(8), blocks)
	Label("q4_block")
	subScalesYMM(s, Y14)
	for v := range 4 {
		for h := range 2 { // rows 8h …
			low, high := ymm(4*h), ymm(4*h+2)
			VMOVDQU(Mem{Base: tile, Disp: 64*v + 32*h}, low)
			VPSRLW(Imm(4), low, high)
			for i, c := range []VecPhysical{low, high} {
				VPAND(Y11, c, c)
				VPSHUFB(c, Y10, c)
				scaleYMM(c, ymm(4*h+2*i+1), ymm(8+h), Y12, Y13, Mem{Base: w, Disp: 128*v + 64*i + 32*h})
			}
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

// decodeQ6AVX2: y = 4·(q−32) is a signed byte; in the high byte of a word it is
// (q−32)·2¹⁰, and VPMULHRSW by s gives ((q−32)·s + 16) >> 5. s of −128 counts as
// −127: with q = 0 it would leave int8.
func decodeQ6AVX2() {
	TEXT("decodeQ6AVX2", NOSPLIT, "func(w *byte, d *float32, tile *byte)")
	w, d := Load(Param("w"), GP64()), Load(Param("d"), GP64())
	tile := Load(Param("tile"), GP64())
	rowScalesYMM(Mem{Base: tile}, Mem{Base: d}, Mem{Base: d, Disp: 64})
	VMOVDQU(bytes32("nibblesTimes4", 0x3c), Y10)
	VMOVDQU(bytes32("topBits", 0xc0), Y11)
	VMOVDQU(NewDataAddr(Symbol{Name: "high", Static: true}, 0), Y12)
	VMOVDQU(bytes32("offset128", 0x80), Y13)
	twice := NewDataAddr(Symbol{Name: "twice", Static: true}, 0)
	signs := bytes32("signs", 0xaa)
	least := bytes32("leastScale", 0x81)
	s, upper, blocks := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: tile, Disp: 32}, s)
	LEAQ(Mem{Base: tile, Disp: 2208}, upper)
	ADDQ(imm(160), tile)
	MOVQ(imm(8), blocks)
	Label("q6_block")
	VMOVDQU(twice, Y14)
	subScalesYMM(s, Y14)
	for v := range 2 {
		VPMAXSB(least, ymm(8+v), ymm(8+v)) // high bytes are −1 or not negative
	}
	VMOVDQU(signs, Y14)
	for h := range 2 { // rows 8h …
		for v := range 4 {
			// Each pair of upper bits with its sign turned, since 4·q − 128 is wanted.
			if v%2 == 0 {
				VPXOR(Mem{Base: upper, Disp: 32*v + 32*h}, Y14, Y15)
			}
			y := []VecPhysical{ymm(4 * (v % 2)), ymm(4*(v%2) + 2)}
			top := []VecPhysical{ymm(4*(v%2) + 1), ymm(4*(v%2) + 3)}
			VMOVDQU(Mem{Base: tile, Disp: 64*v + 32*h}, y[1])
			VPSLLW(Imm(2), y[1], y[0])
			VPSRLW(Imm(2), y[1], y[1])
			for i := range 2 {
				// The bits of vector v, nibble i are 4(v%2) + 2i and the next.
				bits := Y15
				if up := 6 - 4*(v%2) - 2*i; up > 0 {
					VPSLLW(Imm(uint64(up)), Y15, top[i])
					bits = top[i]
				}
				VPAND(Y10, y[i], y[i])
				VPAND(Y11, bits, top[i])
				VPOR(top[i], y[i], y[i])
				scaleYMM(y[i], top[i], ymm(8+h), Y12, Y13, Mem{Base: w, Disp: 128*v + 64*i + 32*h})
			}
		}
	}
	ADDQ(imm(16), s)
	ADDQ(imm(256), tile)
	ADDQ(imm(128), upper)
	ADDQ(imm(512), w)
	DECQ(blocks)
	JNE(LabelRef("q6_block"))
	VZEROUPPER()
	RET()
}

// decodeQ8AVX2 adds the offset to the tile's bytes.
func decodeQ8AVX2() {
	TEXT("decodeQ8AVX2", NOSPLIT, "func(w *byte, d *float32, tile *byte)")
	w, d := Load(Param("w"), GP64()), Load(Param("d"), GP64())
	tile := Load(Param("tile"), GP64())
	for g := range 2 {
		rowScalesYMM(Mem{Base: tile, Disp: 32 * g}, Mem{Base: d, Disp: 64 * g})
	}
	VMOVDQU(NewDataAddr(Symbol{Name: "offset128", Static: true}, 0), Y13)
	ADDQ(imm(64), tile)
	n := GP64()
	MOVQ(imm(panelBytes/256), n)
	Label("q8_loop")
	for i := range 8 {
		VPXOR(Mem{Base: tile, Disp: 32 * i}, Y13, ymm(i))
		VMOVDQU(ymm(i), Mem{Base: w, Disp: 32 * i})
	}
	ADDQ(imm(256), tile)
	ADDQ(imm(256), w)
	DECQ(n)
	JNE(LabelRef("q8_loop"))
	VZEROUPPER()
	RET()
}
