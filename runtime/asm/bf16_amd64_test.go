//go:build !purego

package asm

import "testing"

// Processors with VDPBF16PS do not choose the product that AVX-512 has without
// it.
func TestMatMulBF16WithoutBF16(t *testing.T) {
	defer Use(Active())
	if err := Use("avx512vnni"); err != nil {
		t.Skip(err)
	}
	defer func(k *floatKernels) { active.float = k }(active.float)
	active.float = &floatAVX512
	testMatMulBF16(t)
}
