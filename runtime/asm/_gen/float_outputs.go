package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The kernels that bring the outputs of a product, [rows][32], to a matrix. Its rows
// are far apart, and each is a miss: what reads or shares a line asks for the row
// 12 further on, a sliver's height.

const outputsSignature = "func(dst *float32, ld int, outputs *float32, rows int)"

func (s *simd) addOutputs() {
	s.outputs("addOutputs", true, func(r VecPhysical, to Mem) {
		VADDPS(to, r, r)
		VMOVUPS(r, to)
	})
	s.end()
}

func (s *simd) copyOutputs() {
	s.outputs("copyOutputs", true, func(r VecPhysical, to Mem) { VMOVUPS(r, to) })
	s.end()
}

// streamOutputs fills whole lines past the caches, and ends when others may see them.
func (s *simd) streamOutputs() {
	s.outputs("streamOutputs", false, func(r VecPhysical, to Mem) { VMOVNTPS(r, to) })
	SFENCE()
	s.end()
}

// outputs emits the loop over rows; store gets a register of the outputs.
func (s *simd) outputs(name string, ask bool, store func(r VecPhysical, to Mem)) {
	s.begin(name, outputsSignature)
	dst, ld, outputs, rows := load("dst"), load("ld"), load("outputs"), load("rows")
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
		VMOVUPS(Mem{Base: outputs, Disp: 4 * s.width * v}, s.reg(v))
		store(s.reg(v), Mem{Base: dst, Disp: 4 * s.width * v})
	}
	ADDQ(ld, dst)
	ADDQ(imm(128), outputs)
	DECQ(rows)
	JNE(LabelRef(row))
}
