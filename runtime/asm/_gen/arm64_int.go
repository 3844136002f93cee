package main

import "fmt"

// The products of arm64. Per sliver of m rows of activations ("tokens"), the 32
// rows of a strip go in blocks of 8 or 16; per block, half superblock by half
// superblock, all sums stay in registers:
//
//	tier     m    block      sums     weights  activations
//	neon     2    16 rows    V0–V15   V16–V23  V24–V27 copies of 4 columns, V28–V31 products
//	neon     1    16 rows    V0–V7    V16–V23  V24–V25, V28–V31
//	dotprod  12   8 rows     V0–V23   V24–V25  V26–V28
//	dotprod  8    8 rows     V0–V15   V24–V25  V26–V27
//	dotprod  4    16 rows    V0–V15   V24–V27  V28
//	dotprod  1    16 rows    V0–V15   V16–V27  V28; four sums each, added at the end
//	i8mm     12   8 rows     V0–V23   V24–V27  V28–V31 in turn
//	i8mm     8    8 rows     V0–V15   V24–V27  V28–V31
//	i8mm     4    16 rows    V0–V15   V16–V23  V24–V25
//	i8mm     1    16 rows    V0–V15   V16–V23  V24–V25; sums of even and odd steps, added at the end
//
// neon takes wider slivers two tokens at a time. The epilogue has the sums as
// V(t·quads + c), rows 4c to 4c+3 of token t, the scales of rows from V24 on,
// those of tokens after them, and outputs after these.
//
// General registers: R0 out, R3 q, R4 scale of the sliver; R1 w, R2 d; R5 counts
// slivers, R6 and R7 are their strides; R8 to R11 count; R12 to R15 are w, q, d
// and scale as they advance; R16, R17 and R19 out, w and d of the block.
const productParams = "out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int"

const (
	panelScales = 128 // bytes of d
	outRow      = 128 // bytes of a row of out
)

var productWidths = []int{12, 8, 4, 1}

func init() {
	arm64["int_neon"] = func(g *a64) {
		for _, m := range productWidths {
			g.productNEON(m)
		}
		g.decoders("NEON", 4)
		g.quantize("quantizeNEON", 4)
		g.probe("NEON", func() {
			for _, name := range []string{"smull", "smlal"} {
				for r := range 8 {
					g.v(name+[...]string{"", "2"}[r%2], 16+r, 24+r%4, 28+r%3)
				}
			}
			for r := range 8 {
				g.v("sadalp", r, 16+r)
			}
		})
	}
	arm64["int_dotprod"] = func(g *a64) {
		for _, m := range productWidths {
			g.productDotProd(m)
		}
		g.probe("DotProd", func() {
			for r := range 24 {
				g.lane("sdot", r, 24+r%2, 26+r/8, r/2%4)
			}
		})
	}
	arm64["int_i8mm"] = func(g *a64) {
		for _, m := range productWidths {
			g.productI8MM(m)
		}
		g.decoders("I8MM", 8)
		g.quantize("quantizeI8MM", 8)
		g.probe("I8MM", func() {
			for r := range 24 {
				g.v("smmla", r, 28+r/4%4, 24+r%4)
			}
		})
	}
}

// probe repeats the arithmetic of a product without its loads.
func (g *a64) probe(tier string, round func()) {
	g.text("probe"+tier, "n int", "")
	g.zero(0, 32)
	g.while("round", "R0", round)
	g.ret()
}

// product writes the loops around `half`, which adds one half superblock to a
// block of rows. A block's weights are rows·step bytes in each 16·step.
func (g *a64) product(tier string, m, rows, step int, half func()) {
	g.text(fmt.Sprintf("product%sx%d", tier, m), productParams, "", "comp")
	g.while("sliver", "R5", func() {
		g.op("MOVD", "R0, R16")
		g.op("MOVD", "R1, R17")
		g.op("MOVD", "R2, R19")
		block := func() {
			g.op("MOVD", "R17, R12")
			g.op("MOVD", "R3, R13")
			g.op("MOVD", "R19, R14")
			g.op("MOVD", "R4, R15")
			g.loop("half", "R10", 2, func() {
				half()
				g.op("ADD", "$64, R14")
				g.op("ADD", "$%d, R15", 4*m)
			})
			g.op("ADD", "$%d, R16", 4*rows)
		}
		g.loop("panel", "R8", 2, func() {
			if rows == 16 {
				block()
				g.op("ADD", "$%d, R17", panelBytes)
				g.op("ADD", "$%d, R19", panelScales)
				return
			}
			g.loop("rows", "R9", 2, func() {
				block()
				g.op("ADD", "$%d, R17", rows*step)
				g.op("ADD", "$%d, R19", 4*rows)
			})
			g.op("ADD", "$%d, R17", panelBytes-2*rows*step)
			g.op("ADD", "$%d, R19", panelScales-2*4*rows)
		})
		g.nextSliver(m)
	})
	g.ret()
}

func (g *a64) nextSliver(m int) {
	g.op("ADD", "R6, R3")
	g.op("ADD", "R7, R4")
	g.op("ADD", "$%d, R0", m*outRow)
}

// epilogue is out[t][r] = fma(float32(sum)·d[r], scale[t], out[t][r]). The
// floats of rows 4c to 4c+3 of token t stand in V(sum(t, c)).
func (g *a64) epilogue(tokens, quads int, out string, sum func(t, c int) int) {
	const d = 24
	scale := d + quads
	temp := scale + (tokens+3)/4
	g.load(d, quads, "R14", 0)
	g.loadFloats(scale, tokens, "R15")
	for t := range tokens {
		for c := range quads {
			g.v("fmul", sum(t, c), sum(t, c), d+c)
		}
	}
	for t := range tokens {
		for c := 0; c < quads; c += 2 {
			where := at(out, t*outRow+16*c)
			g.op("FLDPQ", "%s, (F%d, F%d)", where, temp, temp+1)
			g.lane("fmla", temp, sum(t, c), scale+t/4, t%4)
			g.lane("fmla", temp+1, sum(t, c+1), scale+t/4, t%4)
			g.op("FSTPQ", "(F%d, F%d), %s", temp, temp+1, where)
		}
	}
}

// inOrder is where most kernels have their sums: token by token.
func inOrder(quads int) func(t, c int) int {
	return func(t, c int) int { return t*quads + c }
}

func (g *a64) convert(n int) {
	for v := range n {
		g.v("scvtf", v, v)
	}
}

// productDotProd: SDOT by element multiplies 4 rows × 4 columns of weights with
// one of four tokens.
func (g *a64) productDotProd(m int) {
	if m == 1 {
		g.product("DotProd", 1, 16, 4, g.halfDotProd1)
		return
	}
	rows, unroll := 8, 4
	if m == 4 {
		rows = 16
	}
	quads, groups := rows/4, m/4
	w := 24
	a := w + quads
	g.product("DotProd", m, rows, 4, func() {
		g.zero(0, m*quads)
		g.loop("step", "R11", 32/unroll, func() {
			for u := range unroll {
				g.load(w, quads, "R12", 64*u)
				g.load(a, groups, "R13", 4*m*u)
				for t := range m {
					for c := range quads {
						g.lane("sdot", t*quads+c, w+c, a+t/4, t%4)
					}
				}
			}
			g.op("ADD", "$%d, R12", 64*unroll)
			g.op("ADD", "$%d, R13", 4*m*unroll)
		})
		g.convert(m * quads)
		g.epilogue(m, quads, "R16", inOrder(quads))
	})
}

// One token: a register of activations is 16 columns, for four vectors of
// weights, each with its own sums.
func (g *a64) halfDotProd1() {
	g.zero(0, 16)
	g.loop("step", "R11", 8, func() {
		g.op("VLD1.P", "16(R13), %s", list(28, 1, "B16"))
		for u := range 4 {
			w := 16 + u%3*4
			g.op("VLD1.P", "64(R12), %s", list(w, 4, "B16"))
			for c := range 4 {
				g.lane("sdot", 4*u+c, w+c, 28, u)
			}
		}
	})
	for _, chains := range []int{2, 1} {
		for v := range 4 * chains {
			g.known("VADD", "S4", v, v, v+4*chains)
		}
	}
	g.convert(4)
	g.epilogue(1, 4, "R16", inOrder(4))
}

// productI8MM: SMMLA multiplies two tokens × 8 columns with two rows of weights
// to [token][row].
func (g *a64) productI8MM(m int) {
	if m == 1 {
		g.product("I8MM", 1, 16, 8, g.halfI8MM1)
		return
	}
	rows, unroll := 8, 2
	w, a := 24, 28
	if m == 4 {
		rows, w, a = 16, 16, 24
	}
	pairs, tokens := rows/2, m/2
	g.product("I8MM", m, rows, 8, func() {
		g.zero(0, tokens*pairs)
		g.loop("step", "R11", 16/unroll, func() {
			for u := range unroll {
				g.load(w, pairs, "R12", 128*u)
				for t := range tokens {
					x := a + t%4
					if t%2 == 0 {
						g.load(x, 2, "R13", 8*m*u+16*t)
					}
					for r := range pairs {
						g.v("smmla", t*pairs+r, x, w+r)
					}
				}
			}
			g.op("ADD", "$%d, R12", 128*unroll)
			g.op("ADD", "$%d, R13", 8*m*unroll)
		})
		// Two sums of [2 tokens][2 rows] become 4 rows of one token, then of the other.
		for t := range tokens {
			for c := 0; c < pairs; c += 2 {
				p, x := t*pairs+c, 24+(t*pairs+c)%8
				g.known("VZIP1", "D2", x, p, p+1)
				g.known("VZIP2", "D2", x+1, p, p+1)
				g.v("scvtf", p, x)
				g.v("scvtf", p+1, x+1)
			}
		}
		g.epilogue(m, pairs/2, "R16", func(t, c int) int { return t/2*pairs + 2*c + t%2 })
	})
}

// One token: SDOT of two rows × 8 columns with two copies of 8 columns leaves
// two sums per row.
func (g *a64) halfI8MM1() {
	g.zero(0, 16)
	g.loop("step", "R11", 8, func() {
		for u := range 2 {
			g.op("VLD1R.P", "8(R13), %s", list(24+u, 1, "D2"))
			for i := range 2 {
				g.op("VLD1.P", "64(R12), %s", list(16+4*i, 4, "B16"))
			}
			for r := range 8 {
				g.v("sdot", 8*u+r, 16+r, 24+u)
			}
		}
	})
	for v := range 8 {
		g.known("VADD", "S4", v, v, v+8)
	}
	for c := range 4 {
		g.known("VADDP", "S4", c, 2*c, 2*c+1)
	}
	g.convert(4)
	g.epilogue(1, 4, "R16", inOrder(4))
}

// productNEON: SMULL and SMLAL multiply two rows × 4 columns with copies of a
// token's 4 columns to int16, which two products cannot leave (2·128·127), and
// SADALP adds pairs of them to two sums per row. R20 and R21 are q and scale of
// a pair of tokens, R22 the second one's q, R23 the distance between steps, R24
// out.
func (g *a64) productNEON(m int) {
	tokens := min(m, 2)
	g.text(fmt.Sprintf("productNEONx%d", m), productParams, "", "comp")
	g.op("MOVD", "$%d, R23", 4*m)
	g.while("sliver", "R5", func() {
		g.op("MOVD", "R0, R16")
		g.op("MOVD", "R1, R17")
		g.op("MOVD", "R2, R19")
		g.loop("panel", "R8", 2, func() {
			g.op("MOVD", "R3, R20")
			g.op("MOVD", "R4, R21")
			g.op("MOVD", "R16, R24")
			g.loop("tokens", "R9", m/tokens, func() {
				g.op("MOVD", "R17, R12")
				g.op("MOVD", "R20, R13")
				g.op("ADD", "$4, R20, R22")
				g.op("MOVD", "R19, R14")
				g.op("MOVD", "R21, R15")
				g.loop("half", "R10", 2, func() {
					g.halfNEON(tokens)
					g.op("ADD", "$64, R14")
					g.op("ADD", "R23, R15")
				})
				g.op("ADD", "$8, R20")
				g.op("ADD", "$8, R21")
				g.op("ADD", "$%d, R24", 2*outRow)
			})
			g.op("ADD", "$64, R16")
			g.op("ADD", "$%d, R17", panelBytes)
			g.op("ADD", "$%d, R19", panelScales)
		})
		g.nextSliver(m)
	})
	g.ret()
}

func (g *a64) halfNEON(tokens int) {
	g.zero(0, 8*tokens)
	g.loop("step", "R11", 16, func() {
		for u := range 2 {
			g.op("VLD1.P", "64(R12), %s", list(16+4*u, 4, "B16"))
			for t := range tokens {
				g.op("VLD1R.P", "(%s)(R23), %s", [...]string{"R13", "R22"}[t], list(24+2*t+u, 1, "S4"))
			}
		}
		for t := range tokens {
			for r := 0; r < 4; r += 2 {
				for u, name := range []string{"smull", "smlal"} {
					for i := range 4 {
						g.v(name+[...]string{"", "2"}[i%2], 28+i, 16+4*u+r+i/2, 24+2*t+u)
					}
				}
				for i := range 4 {
					g.v("sadalp", 8*t+2*r+i, 28+i)
				}
			}
		}
	})
	for v := range 4 * tokens {
		g.known("VADDP", "S4", v, 2*v, 2*v+1)
	}
	g.convert(4 * tokens)
	g.epilogue(tokens, 4, "R24", inOrder(4))
}
