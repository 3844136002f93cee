package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

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
