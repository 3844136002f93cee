//go:build !purego

package asm

import "golang.org/x/sys/cpu"

// machineTiers are those of amd64. x/sys/cpu reports a feature only if the system
// saves its registers.
func machineTiers() []*Tier {
	x := cpu.X86
	avx2 := x.HasAVX2 && x.HasFMA && x.HasBMI2
	avx512 := avx2 && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL
	wide := floatAVX512
	if x.HasAVX512BF16 { // in some processors with AVX-512, with the same results
		wide.matmulBF16 = matMulAVX512BF16
	}
	return []*Tier{
		{"avx2", avx2, &intAVX2, &floatAVX2, &searchAVX2},
		{"avxvnni", avx2 && x.HasAVXVNNI, &intAVXVNNI, &floatAVX2, &searchAVX2},
		{"avx512vnni", avx512 && x.HasAVX512VNNI, &intAVX512, &wide, &searchAVX512},
	}
}
