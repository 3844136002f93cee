//go:build !purego

package asm

import "golang.org/x/sys/cpu"

// The tiers of amd64. x/sys/cpu reports a feature only if the system saves its
// registers.
func init() {
	x := cpu.X86
	avx2 := x.HasAVX2 && x.HasFMA && x.HasBMI2
	avx512 := avx2 && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL
	if x.HasAVX512BF16 { // in some processors with AVX-512, with the same results
		floatAVX512.matmulBF16 = matMulAVX512BF16
	}
	register("avx2", avx2, &intAVX2, &floatAVX2, &searchAVX2)
	register("avxvnni", avx2 && x.HasAVXVNNI, &intAVXVNNI, &floatAVX2, &searchAVX2)
	register("avx512vnni", avx512 && x.HasAVX512VNNI, &intAVX512, &floatAVX512, &searchAVX512)
}
