package cpu

import (
	"fmt"
	"math"

	"llada/runtime/asm"
	"llada/runtime/backend"
)

// queryBlock is how many queries are worked on together: two slivers of the
// matrix kernel, few enough that their scores stay near the processor.
const queryBlock = 24

// piece is the share of attention that a worker takes at a time: queries of a
// span, from row on, and one head.
type piece struct {
	span            backend.Span
	head, row, rows int
}

// Attend computes attention head by head, a block of queries at a time; scores
// of one block exist at a time per worker, never all of a head's. Keys and values
// that lie in one range as float32 are used in place; others are gathered first,
// by the worker that takes all queries of the head.
func (b *Backend) Attend(dst, q backend.Act, c backend.KV, layer, heads int) {
	if b.over() {
		return
	}
	d, qa, cache := dst.(*act), q.(*act), c.(*kv)
	if qa.rows != len(b.pass.ids) || qa.cols != heads*cache.spec.Dim || heads%cache.spec.Heads != 0 {
		panic(fmt.Sprintf("cpu: attend: %d×%d queries of %d heads in a pass of %d rows, keys of %d heads of %d", qa.rows, qa.cols, heads, len(b.pass.ids), cache.spec.Heads, cache.spec.Dim))
	}
	d.shape("attend", qa.rows, qa.cols)
	b.pieces = b.pieces[:0]
	for _, s := range b.pass.spans {
		rows := queryBlock
		if !cache.direct(s) {
			rows = s.Rows
		}
		for h := range heads {
			for r := 0; r < s.Rows; r += rows {
				b.pieces = append(b.pieces, piece{s, h, s.Row + r, min(rows, s.Rows-r)})
			}
		}
	}
	share := heads / cache.spec.Heads
	b.run(len(b.pieces), func(worker, i int) {
		p, s := b.pieces[i], &b.scratch[worker]
		if cache.direct(p.span) {
			keys, values := cache.inPlace(layer, p.head/share, p.span.Keys[0])
			s.attend(d, qa, p, cache.spec.Dim, keys, cache.ldk, values, cache.ldv, p.span.Keys[0].Slots)
			return
		}
		slots := 0
		for _, r := range p.span.Keys {
			slots += r.Slots
		}
		ldk := apart(pad(slots))
		s.keys, s.values = sized(s.keys, cache.spec.Dim*ldk), sized(s.values, slots*cache.ldv)
		cache.gather(s.keys, s.values, ldk, layer, p.head/share, p.span.Keys)
		for all, r := p, 0; r < all.rows; r += queryBlock {
			p.row, p.rows = all.row+r, min(queryBlock, all.rows-r)
			s.attend(d, qa, p, cache.spec.Dim, s.keys, ldk, s.values, cache.ldv, slots)
		}
	})
}

// attend computes a block of queries over keys [dim][ldk] and values [slots][ldv].
func (s *scratch) attend(d, q *act, p piece, dim int, keys []float32, ldk int, values []float32, ldv, slots int) {
	n, lds := p.rows, apart(pad(slots))
	s.row = sized(s.row, n*dim)
	for t := range n {
		copy(s.row[t*dim:(t+1)*dim], q.row(p.row + t)[p.head*dim:])
	}
	s.scores = sized(s.scores, n*lds)
	clear(s.scores)
	for k := 0; k < slots; k += asm.StripRows {
		asm.MatMul(s.scores[k:], lds, keys[k:], ldk, dim, s.row, dim, n)
	}
	scale := float32(1 / math.Sqrt(float64(dim)))
	for t := range n {
		asm.Softmax(s.scores[t*lds:t*lds+slots], scale)
	}
	s.outputs = sized(s.outputs, n*ldv)
	clear(s.outputs)
	for v := 0; v < ldv; v += asm.StripRows {
		asm.MatMul(s.outputs[v:], ldv, values[v:], ldv, slots, s.scores, lds, n)
	}
	for t := range n {
		copy(d.row(p.row + t)[p.head*dim:(p.head+1)*dim], s.outputs[t*ldv:])
	}
}
