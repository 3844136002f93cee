package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// matmul multiplies tiles of m rows × `vectors` registers of outputs, k
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
// Rows 4i … 4i+3 of a tile are reached from pointer i with the indices 0, lda,
// 2·lda and 3·lda.
type matmulTile struct{ m, vectors int }

// matmul takes tiles in descending order of m; those with the same m are the
// same rows. The last has m = 1.
func (s *simd) matmul(tiles []matmulTile) {
	s.begin("matMul", "func(out *float32, ldo int, w *float32, ldw, cols int, a *float32, lda, n int)")
	out, w, a, n := load("out"), load("w"), load("a"), load("n")
	ldo, ldw, lda := load("ldo"), load("ldw"), load("lda")
	SHLQ(Imm(2), ldo)
	SHLQ(Imm(2), ldw)
	SHLQ(Imm(2), lda)
	lda3, wp, k, row := GP64(), GP64(), GP64(), GP64()
	rows := [3]GPVirtual{GP64(), GP64(), GP64()}
	LEAQ(Mem{Base: lda, Index: lda, Scale: 2}, lda3)

	for _, tile := range tiles {
		m, nv := tile.m, tile.vectors
		name := func(part string) string { return fmt.Sprintf("%s%d", part, m) }
		sum := func(t, v int) Op { return s.reg(t*nv + v) }
		weight := func(v int) Op { return s.reg(m*nv + v) }
		x := s.reg(m*nv + nv)

		// column emits column u from the pointers on.
		column := func(half, u int) {
			for v := range nv {
				VMOVUPS(Mem{Base: wp, Disp: 4 * s.width * (half*nv + v)}, weight(v))
			}
			ADDQ(ldw, wp)
			for t := range m {
				at := Mem{Base: rows[t/4], Disp: 4 * u}
				switch t % 4 {
				case 1:
					at.Index, at.Scale = lda, 1
				case 2:
					at.Index, at.Scale = lda, 2
				case 3:
					at.Index, at.Scale = lda3, 1
				}
				VBROADCASTSS(at, x)
				for v := range nv {
					VFMADD231PS(weight(v), x, sum(t, v))
				}
			}
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
			Load(Param("cols"), k)
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
			MOVQ(out, row)
			for t := range m {
				for v := range nv {
					at := Mem{Base: row, Disp: 4 * s.width * (half*nv + v)}
					VADDPS(at, sum(t, v), sum(t, v))
					VMOVUPS(sum(t, v), at)
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

// unroll is how many columns a turn of the loop takes.
const unroll = 2
