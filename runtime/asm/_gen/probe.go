package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The probes say what the processor could do at best: products from registers
// alone, in enough independent chains that only the multipliers limit them.
func init() {
	amd64["probe"] = func() {
		ConstraintExpr("!purego")
		probe("probeAVX512", Z31, func(acc VecPhysical) { VPDPBUSD(Z31, Z31, acc) })
		probeAVX2()
		chain()
	}
}

const probeChains = 24

// probe runs n rounds of one product in each of 24 accumulators.
func probe(name string, zero VecPhysical, product func(acc VecPhysical)) {
	TEXT(name, NOSPLIT, "func(n int)")
	n := Load(Param("n"), GP64())
	VPXORD(zero, zero, zero)
	for i := range probeChains {
		VPXORD(zmm[i], zmm[i], zmm[i])
	}
	Label(name + "_loop")
	for i := range probeChains {
		product(zmm[i])
	}
	DECQ(n)
	JNE(LabelRef(name + "_loop"))
	VZEROUPPER()
	RET()
}

// probeAVX2 is the product of AVX2, three instructions for 32 multiply-adds,
// in 8 accumulators.
func probeAVX2() {
	TEXT("probeAVX2", NOSPLIT, "func(n int)")
	n := Load(Param("n"), GP64())
	for i := range 16 {
		VPXOR(ymm(i), ymm(i), ymm(i))
	}
	Label("probeAVX2_loop")
	for i := range 8 {
		t := ymm(8 + i%6)
		VPMADDUBSW(Y15, Y14, t)
		VPMADDWD(Y14, t, t)
		VPADDD(t, ymm(i), ymm(i))
	}
	DECQ(n)
	JNE(LabelRef("probeAVX2_loop"))
	VZEROUPPER()
	RET()
}

// chain adds 64·n times, each sum needing the one before: one a cycle on every
// processor of the last decades, which makes it a clock.
func chain() {
	TEXT("chain", NOSPLIT, "func(n int)")
	n, x := Load(Param("n"), GP64()), GP64()
	XORQ(x, x)
	Label("chain_loop")
	for range 64 {
		ADDQ(n, x)
	}
	DECQ(n)
	JNE(LabelRef("chain_loop"))
	RET()
}
