package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// matmul multiplies blocks of m rows × `vectors` registers of outputs, k
// innermost; sums stay in registers until they are added to the output. A
// register of activations feeds all vectors of a row: broadcast operands in
// memory would load it once for each.
//
// Register plan, from register 0:
//
//	m·vectors   sums, [row][vector]
//	vectors     weights of column k
//	1           activation k of a row, broadcast
//
// so 24 + 2 + 1 of 32 for 12 rows of AVX-512, 12 + 2 + 1 of 16 for 6 of AVX2.
// Rows 4i … 4i+3 of a block are reached from pointer i with the indices 0, lda,
// 2·lda and 3·lda.
type matmulBlock struct{ m, vectors int }

// multiplier is the kind of numbers that matmul multiplies. A column is a word
// of 32 bits: a float32, or a pair of bfloat16.
type multiplier struct {
	kernel, word, count string
	// column multiplies weights at w(v) with activations at a(t).
	column func(c matmulBlock, w, a func(i int) Mem)
	// flush: column needs subnormal numbers taken as zero, and last holds the
	// upper halves of words.
	flush bool
}

func (s *simd) sum(c matmulBlock, t, v int) VecPhysical { return s.reg(t*c.vectors + v) }
func (s *simd) weight(c matmulBlock, v int) VecPhysical { return s.reg(c.m*c.vectors + v) }
func (s *simd) activation(c matmulBlock) VecPhysical    { return s.reg((c.m + 1) * c.vectors) }

// multiply loads weights and goes through the rows with product.
func (s *simd) multiply(c matmulBlock, w, a func(i int) Mem, product func(x, weight, sum Op)) {
	for v := range c.vectors {
		VMOVUPS(w(v), s.weight(c, v))
	}
	x := s.activation(c)
	for t := range c.m {
		VBROADCASTSS(a(t), x)
		for v := range c.vectors {
			product(x, s.weight(c, v), s.sum(c, t, v))
		}
	}
}

// float32s multiplies float32.
func (s *simd) float32s() multiplier {
	return multiplier{kernel: "matMul", word: "float32", count: "cols", column: func(c matmulBlock, w, a func(i int) Mem) {
		s.multiply(c, w, a, func(x, weight, sum Op) { VFMADD231PS(weight, x, sum) })
	}}
}

// matmul takes blocks in descending order of m; those with the same m are the
// same rows. The last has m = 1.
func (s *simd) matmul(kind multiplier, blocks []matmulBlock) {
	s.begin(kind.kernel, "func(out *float32, ldo int, w *"+kind.word+", ldw, "+kind.count+" int, a *"+kind.word+", lda, n int)")
	out, w, a, n := load("out"), load("w"), load("a"), load("n")
	ldo, ldw, lda := load("ldo"), load("ldw"), load("lda")
	SHLQ(Imm(2), ldo)
	SHLQ(Imm(2), ldw)
	SHLQ(Imm(2), lda)
	lda3, wp, k, row := GP64(), GP64(), GP64(), GP64()
	rows := [3]GPVirtual{GP64(), GP64(), GP64()}
	LEAQ(Mem{Base: lda, Index: lda, Scale: 2}, lda3)
	var modes Mem
	if kind.flush {
		modes = s.flushModes()
	}

	for _, block := range blocks {
		m, nv := block.m, block.vectors
		name := func(part string) string { return fmt.Sprintf("%s%d", part, m) }

		// column emits column u from the pointers on.
		column := func(half, u int) {
			kind.column(block,
				func(v int) Mem { return Mem{Base: wp, Disp: 4 * s.width * (half*nv + v)} },
				func(t int) Mem {
					return strided(Mem{Base: rows[t/4], Disp: 4 * u}, t%4, lda, lda3)
				})
			ADDQ(ldw, wp)
		}
		advance := func(columns int) {
			for i := 0; 4*i < m; i++ {
				ADDQ(Imm(uint64(4*columns)), rows[i])
			}
		}

		Label(name("rows"))
		SUBQ(Imm(uint64(m)), n)
		JLT(LabelRef(name("next")))
		for half := range 32 / (nv * s.width) {
			label := func(part string) string { return fmt.Sprintf("%s%dx%d", part, m, half) }
			for i := 0; 4*i < m; i++ {
				if i == 0 {
					MOVQ(a, rows[0])
				} else {
					LEAQ(Mem{Base: rows[i-1], Index: lda, Scale: 4}, rows[i])
				}
			}
			MOVQ(w, wp)
			for t := range m {
				for v := range nv {
					r := s.reg(t*nv + v).AsX()
					VXORPS(r, r, r)
				}
			}
			if kind.flush {
				LDMXCSR(modes.Offset(4))
			}
			Load(Param(kind.count), k)
			SUBQ(Imm(unroll), k)
			JLT(LabelRef(label("rest")))
			Label(label("columns"))
			for u := range unroll {
				column(half, u)
			}
			advance(unroll)
			SUBQ(Imm(unroll), k)
			JGE(LabelRef(label("columns")))
			Label(label("rest"))
			ADDQ(Imm(unroll), k)
			JEQ(LabelRef(label("add")))
			Label(label("column"))
			column(half, 0)
			advance(1)
			DECQ(k)
			JNE(LabelRef(label("column")))
			Label(label("add"))
			if kind.flush {
				LDMXCSR(modes)
			}
			MOVQ(out, row)
			for t := range m {
				for v := range nv {
					at := Mem{Base: row, Disp: 4 * s.width * (half*nv + v)}
					VADDPS(at, s.sum(block, t, v), s.sum(block, t, v))
					VMOVUPS(s.sum(block, t, v), at)
				}
				if t < m-1 {
					ADDQ(ldo, row)
				}
			}
		}
		// The next rows.
		for range m {
			ADDQ(lda, a)
			ADDQ(ldo, out)
		}
		JMP(LabelRef(name("rows")))
		Label(name("next"))
		ADDQ(Imm(uint64(m)), n)
	}
	s.end()
}

// strided is what stands `row` of 4 strides on, given the stride and three of them.
func strided(at Mem, row int, stride, stride3 Register) Mem {
	switch row {
	case 1:
		at.Index, at.Scale = stride, 1
	case 2:
		at.Index, at.Scale = stride, 2
	case 3:
		at.Index, at.Scale = stride3, 1
	}
	return at
}

// unroll is how many columns a turn of the loop takes.
const unroll = 2
