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
	b.run(rows, func(_, i int) { asm.PackBF16(b.pairs[i*ld:i*ld+n], x[i*cols:(i+1)*cols]) })
	return b.pairs, ld
}

// multiplyPairs is product on the bf16 path.
func (s *scratch) multiplyPairs(out []float32, in input, w *weight, g int) {
	for lo := 0; lo < w.info.Cols(); lo += quant.TileCols {
		n := min(quant.TileCols, w.info.Cols()-lo)
		s.transposePairs(w, g, lo, n)
		asm.MatMulBF16(out, asm.StripRows, s.pairs, asm.StripRows, (n+1)/2, in.pairs[lo/2:], in.ldPairs, in.rows)
	}
}

// transposePairs makes a strip of pairs, [pair of columns][32], from columns
// [lo, lo+n) of a bf16 matrix. Two columns of a row lie in memory as a pair does.
func (s *scratch) transposePairs(w *weight, g, lo, n int) {
	s.pairs = sized(s.pairs, quant.TileCols/2*asm.StripRows)
	cols := w.info.Cols()
	data := w.data[2*(g*asm.StripRows*cols+lo):]
	rows := min(asm.StripRows, w.info.Rows()-g*asm.StripRows)
	if rows == asm.StripRows {
		asm.Transpose(s.pairs, data, 2*cols, n/2)
	} else {
		clear(s.pairs)
		for r := range rows {
			for k := range n / 2 {
				s.pairs[k*asm.StripRows+r] = binary.LittleEndian.Uint32(data[2*r*cols+4*k:])
			}
		}
	}
	if n%2 == 1 {
		last := s.pairs[n/2*asm.StripRows:][:asm.StripRows]
		for r := range rows {
			last[r] = uint32(binary.LittleEndian.Uint16(data[2*(r*cols+n-1):]))
		}
	}
}
