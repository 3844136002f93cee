package cpu

import (
	"encoding/binary"

	"llada/formats"
	"llada/quant"
	"llada/runtime/asm"
)

// pairwise says that w meets bf16 activations.
func (b *Backend) pairwise(w *weight) bool { return b.bf16 && w.info.Encoding == formats.BF16 }

// pack rounds rows of x to pairs of bf16, ld apart.
func (b *Backend) pack(x []float32, rows, cols int) (pairs []uint32, ld int) {
	n := (cols + 1) / 2
	ld = apart(n)
	b.pairs = sized(b.pairs, rows*ld)
	b.pool.run(rows, func(_, i int) { asm.PackBF16(b.pairs[i*ld:i*ld+n], x[i*cols:(i+1)*cols]) })
	return b.pairs, ld
}

// multiplyPairs is product on the bf16 path.
func (s *scratch) multiplyPairs(tile []float32, in input, w *weight, g int) {
	for lo := 0; lo < w.info.Cols(); lo += quant.TileCols {
		n := min(quant.TileCols, w.info.Cols()-lo)
		s.transposePairs(w, g, lo, n)
		asm.MatMulBF16(tile, asm.StripRows, s.pairs, asm.StripRows, (n+1)/2, in.pairs[lo/2:], in.ldPairs, in.rows)
	}
}

// transposePairs makes a strip of pairs, [pair of columns][32], from columns
// [lo, lo+n) of a bf16 matrix. Two columns of a row lie in memory as a pair does.
func (s *scratch) transposePairs(w *weight, g, lo, n int) {
	s.pairs = sized(s.pairs, quant.TileCols/2*asm.StripRows)
	cols := w.info.Cols()
	var rows [asm.StripRows][]byte
	for r := range rows {
		if row := g*asm.StripRows + r; row < w.info.Rows() {
			rows[r] = w.data[2*(row*cols+lo):][:2*n]
		} else {
			rows[r] = nothing[:2*n]
		}
	}
	for r := 0; r < asm.StripRows; r += 4 {
		r0, r1, r2, r3 := rows[r], rows[r+1], rows[r+2], rows[r+3]
		for k := range n / 2 {
			d := (*[4]uint32)(s.pairs[k*asm.StripRows+r:])
			d[0] = binary.LittleEndian.Uint32(r0[4*k:])
			d[1] = binary.LittleEndian.Uint32(r1[4*k:])
			d[2] = binary.LittleEndian.Uint32(r2[4*k:])
			d[3] = binary.LittleEndian.Uint32(r3[4*k:])
		}
	}
	if n%2 == 1 {
		for r, row := range rows {
			s.pairs[n/2*asm.StripRows+r] = uint32(binary.LittleEndian.Uint16(row[2*n-2:]))
		}
	}
}

// nothing stands for rows below the matrix.
var nothing [2 * quant.TileCols]byte
