package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The int8 kernels of AVX-VNNI: processors with VPDPBUSD on 256-bit registers
// and without AVX-512. They share the decoders of q6 and q8 and the quantizer
// with AVX2 (int_avx2.go); every panel holds w8 + 128, and accumulators start
// at comp.
//
// Register plan of the product, 16 rows of the strip × 6 activation rows (4 in
// slivers of 8 and 4). Two VPDPBUSD a cycle, each with a latency of 4 or 5, take
// at least 10 independent sums:
//
//	Y0 … Y11    sums: register 2t+v is activation row t, strip rows 8v … 8v+7
//	Y12, Y13    weights; in the epilogue, scales d
//	Y14, Y15    broadcast activations, 4 columns of one row
func init() {
	amd64["int_avxvnni"] = func() {
		ConstraintExpr("!purego")
		for _, m := range []int{12, 8, 4, 1} {
			productAVXVNNI(m)
		}
		decodeQ4YMM("decodeQ4AVXVNNI", 128)
		probeAVXVNNI()
	}
}

func productAVXVNNI(m int) {
	TEXT(fmt.Sprintf("productAVXVNNIx%d", m), NOSPLIT, productSignature)
	b := blocked{m: m, rows: min(m, 4), unroll: 4}
	if m == 12 {
		b.rows = 6
	}
	// One row alone has too few sums: it adds consecutive columns to four pairs.
	chains := 1
	if m == 1 {
		chains = b.unroll
	}
	b.start = func(comp Mem) {
		for t := range b.rows {
			VPBROADCASTD(comp.Offset(4*t), ymm(2*t))
			VMOVDQA(ymm(2*t), ymm(2*t+1))
		}
		for i := 2; i < 2*chains; i++ {
			VPXOR(ymm(i), ymm(i), ymm(i))
		}
	}
	b.step = func(u int, w, q Mem) {
		VMOVDQU(w, Y12)
		VMOVDQU(w.Offset(32), Y13)
		for t := range b.rows {
			a, sum := ymm(14+t%2), 2*t+2*(u%chains)
			VPBROADCASTD(q.Offset(4*t), a)
			vpdpbusd(a, Y12, ymm(sum))
			vpdpbusd(a, Y13, ymm(sum+1))
		}
	}
	b.finish = func() {
		for c := chains / 2; c > 0; c /= 2 {
			for i := range 2 * c {
				VPADDD(ymm(i+2*c), ymm(i), ymm(i))
			}
		}
	}
	b.generate()
}

// probeAVXVNNI is the product in 12 accumulators, four times a round (probe.go).
func probeAVXVNNI() {
	TEXT("probeAVXVNNI", NOSPLIT, "func(n int)")
	n := Load(Param("n"), GP64())
	for i := range 13 {
		VPXOR(ymm(i), ymm(i), ymm(i))
	}
	Label("probeAVXVNNI_loop")
	for i := range 48 {
		vpdpbusd(Y12, Y12, ymm(i%12))
	}
	DECQ(n)
	JNE(LabelRef("probeAVXVNNI_loop"))
	VZEROUPPER()
	RET()
}

// vpdpbusd is VPDPBUSD with VEX encoding, sum += unsigned bytes of w · signed
// bytes of a. Go's assembler knows only the EVEX form, which needs AVX-512.
func vpdpbusd(a, w, sum VecPhysical) {
	encoded("{vex} vpdpbusd", "ymm", "AVX_VNNI", vexDot(a, w, sum), a, w, sum)
}

// vexDot encodes {vex} vpdpbusd sum, w, a.
func vexDot(a, w, sum VecPhysical) []byte {
	r, v, rm := byte(sum.PhysicalIndex()), byte(w.PhysicalIndex()), byte(a.PhysicalIndex())
	return []byte{
		0xc4,
		^r>>3&1<<7 | 1<<6 | ^rm>>3&1<<5 | 2, // not R, not X, not B; map 0F38
		^v&15<<3 | 1<<2 | 1,                 // W0, not vvvv, 256 bits, prefix 66
		0x50,
		3<<6 | r&7<<3 | rm&7,
	}
}

// encoded is an instruction that the assembler does not know, sum += w · a in
// registers of a kind, byte by byte and with its name in a comment.
func encoded(name, kind, isa string, code []byte, a, w, sum VecPhysical) {
	var b strings.Builder
	for i, c := range code {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "BYTE $0x%02x", c)
	}
	fmt.Fprintf(&b, " // %[1]s %[2]s%[3]d, %[2]s%[4]d, %[2]s%[5]d", name, kind, sum.PhysicalIndex(), w.PhysicalIndex(), a.PhysicalIndex())
	Instruction(&ir.Instruction{Opcode: b.String(), Inputs: []Op{a, w, sum}, Outputs: []Op{sum}, ISA: []string{isa}})
}
