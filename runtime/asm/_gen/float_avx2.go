package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/reg"
)

// The float32 kernels of AVX2. Six rows × two registers fill its 16; a single
// row takes four, which are independent chains.
func init() {
	amd64["float_avx2"] = func() {
		ConstraintExpr("!purego")
		s := &simd{name: "AVX2", width: 8, reg: func(i int) VecPhysical { return zmm[i].AsY().(VecPhysical) }}
		s.matmul(s.float32s(), blocksAVX2)
		s.matmul(s.bfloats(), blocksAVX2)
		s.vectors()
		transpose()
	}
}

var blocksAVX2 = []matmulBlock{{6, 2}, {4, 2}, {2, 2}, {1, 4}}
