package cpu

import (
	"math"

	"llada/runtime/asm"
	"llada/runtime/backend"
)

// queryBlock is how many queries are worked on together: two panels of the
// matrix kernel, few enough that their scores stay near the processor.
const queryBlock = 24

// piece is the share of attention that a worker takes at a time: some queries of
// a span, from row on, and one head.
type piece struct {
	span      backend.Span
	head, row int
}

// Attend computes attention head by head, a block of queries at a time; scores
// of one block exist at a time per worker, never all of a head's.
func (b *Backend) Attend(dst, q backend.Act, c backend.KV, layer, heads, kvHeads int, spans []backend.Span) {
	d, qa, cache := dst.(*act), q.(*act), c.(*kv)
	dim := qa.cols / heads
	b.pieces = b.pieces[:0]
	for _, s := range spans {
		for h := range heads {
			for r := 0; r < s.Rows; r += queryBlock {
				b.pieces = append(b.pieces, piece{s, h, r})
			}
		}
	}
	b.pool.run(len(b.pieces), func(worker, i int) {
		p, s := b.pieces[i], &b.scratch[worker]
		n, first := min(queryBlock, p.span.Rows-p.row), p.span.Row+p.row
		slots, lds := p.span.Slots, apart(pad(p.span.Slots))
		key := p.head / (heads / kvHeads)

		s.row = sized(s.row, n*dim)
		for t := range n {
			copy(s.row[t*dim:(t+1)*dim], qa.row(first + t)[p.head*dim:])
		}
		s.scores = sized(s.scores, n*lds)
		clear(s.scores)
		keys := cache.keys(layer, key, p.span.Slot)
		for k := 0; k < slots; k += asm.StripRows {
			asm.MatMul(s.scores[k:], lds, keys[k:], cache.ldk, dim, s.row, dim, n)
		}
		scale := float32(1 / math.Sqrt(float64(dim)))
		for t := range n {
			row := s.scores[t*lds : t*lds+slots]
			seen := p.span.Visible(p.row + t)
			asm.Softmax(row[:seen], scale)
			clear(row[seen:])
		}
		s.tile = sized(s.tile, n*cache.ldv)
		clear(s.tile)
		values := cache.values(layer, key, p.span.Slot)
		for v := 0; v < cache.ldv; v += asm.StripRows {
			asm.MatMul(s.tile[v:], cache.ldv, values[v:], cache.ldv, slots, s.scores, lds, n)
		}
		for t := range n {
			copy(d.row(first + t)[p.head*dim:(p.head+1)*dim], s.tile[t*cache.ldv:])
		}
	})
}
