package main

func init() {
	arm64["float_neon"] = func(g *a64) {
		g.matmul(float32s)
		g.matmul(bfloats)
		g.vectors()
		g.sumExp()
		g.argMax()
		g.above()
	}
}

// a64Multiplier is the kind of numbers that matmul multiplies. A column is a
// word of 32 bits: a float32, or a pair of bfloat16.
type a64Multiplier struct {
	name, params, result string
	begin, end           func(g *a64)
	// column multiplies n registers of weights from w on with the first element
	// of each of `tokens` registers from x on. Sums start at V0. Registers from
	// free on are free.
	column func(g *a64, tokens, n, w, x, free int)
}

var float32s = a64Multiplier{
	name:   "matMulNEON",
	params: "out *float32, ldo int, w *float32, ldw, cols int, a *float32, lda, n int",
	begin:  func(*a64) {},
	end:    func(*a64) {},
	column: func(g *a64, tokens, n, w, x, _ int) {
		for t := range tokens {
			for c := range n {
				g.lane("fmla", n*t+c, w+c, x+t, 0)
			}
		}
	},
}

// matmul: four tokens × 16 outputs have their sums in V0–V15, weights in
// V16–V19 and the tokens' elements in V20–V23. What is left goes token by token,
// 32 outputs in V0–V7, weights in V8–V15 and the element in V16.
//
// R0 out, R1 bytes between its rows, R2 w, R3 bytes between its rows, R4
// columns, R5 a, R6 bytes between its rows, R7 tokens; R8 w and R9 to R12 a as
// they advance; R13, R14 count; R15 w and R16 out of a block; R17 a row of out.
func (g *a64) matmul(kind a64Multiplier) {
	g.text(kind.name, kind.params, kind.result)
	kind.begin(g)
	for _, r := range []string{"R1", "R3", "R6"} {
		g.op("LSL", "$2, %s", r)
	}
	g.op("SUBS", "$4, R7")
	g.op("BLT", "rest")

	g.label("four")
	g.op("MOVD", "R0, R16")
	g.op("MOVD", "R2, R15")
	g.loop("block", "R14", 2, func() {
		g.op("MOVD", "R15, R8")
		g.op("MOVD", "R5, R9")
		for t := 1; t < 4; t++ {
			g.op("ADD", "R6, R%d, R%d", 8+t, 9+t)
		}
		g.zero(0, 16)
		g.op("MOVD", "R4, R13")
		g.while("column", "R13", func() {
			g.load(16, 4, "R8", 0)
			for t := range 4 {
				g.op("FMOVS.P", "4(R%d), F%d", 9+t, 20+t)
			}
			g.op("ADD", "R3, R8")
			kind.column(g, 4, 4, 16, 20, 24)
		})
		g.op("MOVD", "R16, R17")
		for t := range 4 {
			g.addOut(4*t, 4, 24)
			if t < 3 {
				g.op("ADD", "R1, R17")
			}
		}
		g.op("ADD", "$64, R16")
		g.op("ADD", "$64, R15")
	})
	g.op("ADD", "R1<<2, R0")
	g.op("ADD", "R6<<2, R5")
	g.op("SUBS", "$4, R7")
	g.op("BGE", "four")

	g.label("rest")
	g.op("ADDS", "$4, R7")
	g.op("BEQ", "done")

	g.while("one", "R7", func() {
		g.op("MOVD", "R2, R8")
		g.op("MOVD", "R5, R9")
		g.op("MOVD", "R0, R17")
		g.zero(0, 8)
		g.op("MOVD", "R4, R13")
		g.while("element", "R13", func() {
			g.load(8, 8, "R8", 0)
			g.op("FMOVS.P", "4(R9), F16")
			g.op("ADD", "R3, R8")
			kind.column(g, 1, 8, 8, 16, 17)
		})
		g.addOut(0, 8, 8)
		g.op("ADD", "R1, R0")
		g.op("ADD", "R6, R5")
	})

	g.label("done")
	kind.end(g)
	g.ret()
}

// addOut adds n sums from register first on to n·4 floats at R17.
func (g *a64) addOut(first, n, temp int) {
	g.load(temp, n, "R17", 0)
	for c := range n {
		g.v("fadd", temp+c, temp+c, first+c)
	}
	for c := 0; c < n; c += 2 {
		g.op("FSTPQ", "(F%d, F%d), %s", temp+c, temp+c+1, at("R17", 16*c))
	}
}
