package main

// bfloats multiplies pairs of bfloat16 by fused multiply-adds, the upper halves
// first, in the mode that takes subnormal numbers as zeros. Arm flushes a result
// that is subnormal before rounding, the definition one that still is after it:
// the kernel reports that anything was flushed, for its caller to compute again.
//
// R20 is the mode as it was, V31 the mask of upper halves.
var bfloats = a64Multiplier{
	name:   "sumBF16NEON",
	params: "out *float32, ldo int, w *uint32, ldw, pairs int, a *uint32, lda, n int",
	result: "int",
	begin: func(g *a64) {
		const flushToZero = 1 << 24
		g.op("MOVD", "$0xffff0000, R8")
		g.op("VDUP", "R8, V31.S4")
		g.op("MRS", "FPCR, R20")
		g.op("ORR", "$%d, R20, R8", flushToZero)
		g.op("MSR", "R8, FPCR")
		g.op("MSR", "ZR, FPSR")
	},
	end: func(g *a64) {
		const underflow = 1 << 3
		g.op("MRS", "FPSR, R8")
		g.op("AND", "$%d, R8, R8", underflow)
		g.op("MOVD", "R8, ret+64(FP)")
		g.op("MSR", "R20, FPCR")
	},
	column: func(g *a64, tokens, n, w, x, free int) {
		upper := free + n
		for c := range n {
			g.known("VAND", "B16", free+c, w+c, 31)
		}
		for t := range tokens {
			g.known("VAND", "B16", upper+t%2, x+t, 31)
			for c := range n {
				g.lane("fmla", n*t+c, free+c, upper+t%2, 0)
			}
		}
		for c := range n {
			g.op("VSHL", "$16, V%d.S4, V%d.S4", w+c, w+c)
		}
		for t := range tokens {
			g.op("VSHL", "$16, V%d.S4, V%d.S4", x+t, x+t)
			for c := range n {
				g.lane("fmla", n*t+c, w+c, x+t, 0)
			}
		}
	},
}
