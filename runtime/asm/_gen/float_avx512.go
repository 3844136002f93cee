package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/reg"
)

// The float32 kernels of AVX-512 F, with BZHI.
func init() {
	amd64["float_avx512"] = func() {
		ConstraintExpr("!purego")
		s := &simd{name: "AVX512", width: 16, wide: true, reg: func(i int) VecPhysical { return zmm[i] }}
		s.matmul(s.float32s(), blocksAVX512)
		s.matmul(s.bfloats(), blocksAVX512)
		s.vectors()
	}
}

var blocksAVX512 = []matmulBlock{{12, 2}, {8, 2}, {4, 2}, {2, 2}, {1, 2}}
