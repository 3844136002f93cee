package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// decoder512 decodes tiles to panels of w8 + 128. It works by blocks of 16 rows ×
// 32 columns, 512 bytes of the panel, in few registers, so that its instructions
// can stand between those of a product:
//
//	Z27 … Z29, K1   constants and the block's sub-scales
//	Z30, Z31        values on their way
type decoder512 struct {
	name     string
	tile     int // bytes
	codebook bool
	constant func()                    // loads constants
	scales   func(d *decoder512)       // begins a tile: its scales to d
	block    func(d *decoder512) steps // decodes a block and moves on
	at, w, d Register                  // the tile or its current block; where it goes
	s, high  Register                  // the block's sub-scales; q6: its top bits
	further  Register                  // how far on the tile is that is asked for
}

// steps are pieces of code to be placed between others, in their order.
type steps []func()

func (s *steps) do(f func()) { *s = append(*s, f) }

// decoders by encoding. A word times s by VPMULHRSW is (word·s + 2¹⁴) >> 15:
// with the value in the word's high byte, its eighth bits are what rounds.
func decoders() []*decoder512 {
	return []*decoder512{
		{name: "Q4", tile: 2208, codebook: true, constant: constantQ4, scales: rowScales, block: blockQ4},
		{name: "Q6", tile: 3232, constant: constantQ6, scales: rowScales, block: blockQ6},
		{name: "Q8", tile: 4160, constant: constantQ8, scales: groupScales, block: blockQ8},
	}
}

const tileBlocks = 8

// constants are 4 bytes to be broadcast, each written once per file. Vectors in
// memory would be aligned to 32 bytes only, and cross cache lines.
var constants = map[string]Mem{}

func constant(name string, bytes uint32) Mem {
	m, ok := constants[name]
	if !ok {
		m = GLOBL(name, RODATA|NOPTR)
		DATA(0, U32(bytes))
		constants[name] = m
	}
	return m
}

func offset128() Mem { return constant("offset128", 0x80808080) }

// begin loads the arguments; the constants follow.
func (d *decoder512) begin(w, scales, tile string) {
	d.w, d.d, d.at = Load(Param(w), GP64()), Load(Param(scales), GP64()), Load(Param(tile), GP64())
	if d.name != "Q8" {
		d.s = GP64()
	}
	if d.name == "Q6" {
		d.high = GP64()
	}
	if d.codebook {
		VBROADCASTI32X4(Mem{Base: Load(Param("codebook"), GP64())}, Z27)
	}
	d.constant()
}

// decode is the kernel of one tile.
func (d *decoder512) decode() {
	signature := "func(w *byte, d *float32, tile *byte)"
	if d.codebook {
		signature = "func(w *byte, d *float32, tile *byte, codebook *int8)"
	}
	TEXT("decode"+d.name+"AVX512", NOSPLIT, signature)
	d.begin("w", "d", "tile")
	d.further = GP64()
	MOVQ(imm(2*d.tile), d.further)
	d.scales(d)
	blocks := GP64()
	MOVQ(imm(tileBlocks), blocks)
	loop := "decode" + d.name
	Label(loop)
	for _, f := range d.block(d) {
		f()
	}
	DECQ(blocks)
	JNE(LabelRef(loop))
	VZEROUPPER()
	RET()
}

// ahead asks for n cache lines of the tile that is `further` on: hardware
// prefetchers stop at pages, and a tile is half of one. A prefetch past the end of
// the tensor does nothing.
func (d *decoder512) ahead(s *steps, at Register, n int) {
	for i := range n {
		s.do(func() { PREFETCHT0(Mem{Base: at, Index: d.further, Scale: 1, Disp: 64 * i}) })
	}
}

// rowScales widens 16 bf16 and stores them for both halves, and leaves at on the
// first codes, s on the first sub-scales, high on the first top bits.
func rowScales(d *decoder512) {
	for i := range 3 {
		PREFETCHT0(Mem{Base: d.at, Index: d.further, Scale: 1, Disp: 64 * i})
	}
	VPMOVZXWD(Mem{Base: d.at}, Z30)
	VPSLLD(Imm(16), Z30, Z30)
	VMOVUPS(Z30, Mem{Base: d.d})
	VMOVUPS(Z30, Mem{Base: d.d, Disp: 64})
	LEAQ(Mem{Base: d.at, Disp: 32}, d.s)
	if d.high != nil {
		LEAQ(Mem{Base: d.at, Disp: 2208}, d.high)
	}
	ADDQ(imm(160), d.at)
}

// groupScales widens the scales of both halves.
func groupScales(d *decoder512) {
	for g := range 2 {
		VPMOVZXWD(Mem{Base: d.at, Disp: 32 * g}, Z30)
		VPSLLD(Imm(16), Z30, Z30)
		VMOVUPS(Z30, Mem{Base: d.d, Disp: 64 * g})
	}
	ADDQ(imm(64), d.at)
}

// subScales loads the 16 sub-scales of a block as words, each twice: one per
// pair of columns of its row.
func (d *decoder512) subScales(s *steps) {
	s.do(func() { VPMOVSXBD(Mem{Base: d.s}, Z29) })
	if d.name == "Q6" { // −128 counts as −127: with q = 0 it would leave int8
		s.do(func() { VPMAXSD_BCST(constant("leastScale", 0xffffff81), Z29, Z29) })
	}
	s.do(func() { VPSLLD(Imm(16), Z29, Z31) })
	s.do(func() { VMOVDQU16(Z31, K1, Z29) })
}

// scale multiplies the bytes of Z30, odd ones in the high bytes of their words and
// even ones moved there, and stores them as vector v of the block.
func (d *decoder512) scale(s *steps, v int) {
	s.do(func() { VMOVDQU8_Z(Z30, K1, Z31) })
	s.do(func() { VPSLLW(Imm(8), Z30, Z30) })
	s.do(func() { VPMULHRSW(Z29, Z31, Z31) })
	s.do(func() { VPMULHRSW(Z29, Z30, Z30) })
	s.do(func() { VPSLLW(Imm(8), Z31, Z31) })
	s.do(func() { VMOVDQU8(Z31, K1, Z30) })
	s.do(func() { VPXORD_BCST(offset128(), Z30, Z30) })
	s.do(func() { VMOVDQU64(Z30, Mem{Base: d.w, Disp: 64 * v}) })
}

// advance moves on to the next block.
func (d *decoder512) advance(s *steps, codes int) {
	s.do(func() {
		if d.s != nil {
			ADDQ(imm(16), d.s)
		}
		if d.high != nil {
			ADDQ(imm(128), d.high)
		}
		ADDQ(imm(codes), d.at)
		ADDQ(imm(512), d.w)
	})
}

// odd makes K1, of odd bytes or words.
func odd() {
	mask := GP64()
	MOVQ(U64(0xaaaaaaaaaaaaaaaa), mask)
	KMOVQ(mask, K1)
}

// Z27 codebook, Z28 nibbles.
func constantQ4() {
	odd()
	VPBROADCASTD(constant("nibbleMask", 0x0f0f0f0f), Z28)
}

// blockQ4: the codebook's entry C, in the high byte of a word, becomes
// (256·C·s + 2¹⁴) >> 15 = (C·s + 64) >> 7.
func blockQ4(d *decoder512) (s steps) {
	d.ahead(&s, d.at, 4)
	d.subScales(&s)
	for v := range 8 {
		raw := Mem{Base: d.at, Disp: 64 * (v / 2)}
		if v%2 == 0 {
			s.do(func() { VPANDD(raw, Z28, Z30) })
		} else {
			s.do(func() { VPSRLW(Imm(4), raw, Z30) })
			s.do(func() { VPANDD(Z28, Z30, Z30) })
		}
		s.do(func() { VPSHUFB(Z30, Z27, Z30) })
		d.scale(&s, v)
	}
	d.advance(&s, 256)
	return s
}

// Z28 the nibbles' place.
func constantQ6() {
	odd()
	VPBROADCASTD(constant("nibbleTimes4", 0x3c3c3c3c), Z28)
}

// blockQ6: 4·q − 128 is a signed byte; in the high byte of a word it is
// (q − 32)·2¹⁰, and becomes ((q − 32)·s + 16) >> 5.
func blockQ6(d *decoder512) (s steps) {
	d.ahead(&s, d.at, 4)
	d.ahead(&s, d.high, 2)
	d.subScales(&s)
	for v := range 8 {
		raw, bits := Mem{Base: d.at, Disp: 64 * (v / 2)}, Mem{Base: d.high, Disp: 64 * (v / 4)}
		if v%2 == 0 {
			s.do(func() { VPSLLW(Imm(2), raw, Z30) })
		} else {
			s.do(func() { VPSRLW(Imm(2), raw, Z30) })
		}
		// Their top two bits stand in bits 2v … 2v+1, modulo 8.
		if up := 6 - 2*(v%4); up > 0 {
			s.do(func() { VPSLLW(Imm(uint64(up)), bits, Z27) })
		} else {
			s.do(func() { VMOVDQU64(bits, Z27) })
		}
		s.do(func() { VPTERNLOGD_BCST(Imm(0xea), offset128(), Z28, Z30) })                     // (y & 0x3c) | 0x80
		s.do(func() { VPTERNLOGD_BCST(Imm(0x78), constant("topBits", 0xc0c0c0c0), Z27, Z30) }) // ^ (top & 0xc0)
		d.scale(&s, v)
	}
	d.advance(&s, 256)
	return s
}

// Z28 offset.
func constantQ8() { VPBROADCASTD(offset128(), Z28) }

// blockQ8 adds the offset.
func blockQ8(d *decoder512) (s steps) {
	d.ahead(&s, d.at, 8)
	for v := range 8 {
		s.do(func() { VPXORD(Mem{Base: d.at, Disp: 64 * v}, Z28, Z30) })
		s.do(func() { VMOVDQU64(Z30, Mem{Base: d.w, Disp: 64 * v}) })
	}
	d.advance(&s, 512)
	return s
}
