package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The kernels that bring a tile of a product, [rows][32], to a matrix. Its rows are
// far apart, and each is a miss: what reads or shares a line asks for the row 12
// further on, a sliver's height.

const tileSignature = "func(dst *float32, ld int, tile *float32, rows int)"

func (s *simd) addTile() {
	s.tile("addTile", true, func(r VecPhysical, to Mem) {
		VADDPS(to, r, r)
		VMOVUPS(r, to)
	})
	s.end()
}

func (s *simd) copyTile() {
	s.tile("copyTile", true, func(r VecPhysical, to Mem) { VMOVUPS(r, to) })
	s.end()
}

// streamTile fills whole lines past the caches, and ends when others may see them.
func (s *simd) streamTile() {
	s.tile("streamTile", false, func(r VecPhysical, to Mem) { VMOVNTPS(r, to) })
	SFENCE()
	s.end()
}

// tile emits the loop over rows; store gets a register of the tile.
func (s *simd) tile(name string, ask bool, store func(r VecPhysical, to Mem)) {
	s.begin(name, tileSignature)
	dst, ld, tile, rows := load("dst"), load("ld"), load("tile"), load("rows")
	SHLQ(Imm(2), ld)
	ahead := GP64()
	if ask {
		LEAQ(Mem{Base: ld, Index: ld, Scale: 2}, ahead)
		LEAQ(Mem{Base: dst, Index: ahead, Scale: 4}, ahead)
	}
	row := s.label("row")
	Label(row)
	if ask {
		PREFETCHT0(Mem{Base: ahead})
		PREFETCHT0(Mem{Base: ahead, Disp: 64})
		ADDQ(ld, ahead)
	}
	for v := range 32 / s.width {
		VMOVUPS(Mem{Base: tile, Disp: 4 * s.width * v}, s.reg(v))
		store(s.reg(v), Mem{Base: dst, Disp: 4 * s.width * v})
	}
	ADDQ(ld, dst)
	ADDQ(imm(128), tile)
	DECQ(rows)
	JNE(LabelRef(row))
}
