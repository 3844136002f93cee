package cpu

import (
	"math"

	"llada/runtime/asm"
	"llada/runtime/backend"
)

// queryBlock is how many queries share a walk over the keys.
const queryBlock = 8

// Attend computes attention head by head, a block of queries at a time.
func (b *Backend) Attend(dst, q backend.Act, c backend.KV, layer, heads, kvHeads int, spans []backend.Span) {
	d, qa, cache := dst.(*act), q.(*act), c.(*kv)
	dim := qa.cols / heads
	type piece struct {
		span      backend.Span
		head, row int
	}
	var work []piece
	for _, s := range spans {
		for h := range heads {
			for r := 0; r < s.Rows; r += queryBlock {
				work = append(work, piece{s, h, r})
			}
		}
	}
	b.pool.run(len(work), func(worker, i int) {
		p := work[i]
		n := min(queryBlock, p.span.Rows-p.row)
		first := p.span.Row + p.row
		key := p.head / (heads / kvHeads) * dim
		s := &b.scratch[worker]
		s.scores = sized(s.scores, n*p.span.Slots)
		a := attention{
			q:      func(t int) []float32 { return qa.row(first + t)[p.head*dim : (p.head+1)*dim] },
			out:    func(t int) []float32 { return d.row(first + t)[p.head*dim : (p.head+1)*dim] },
			k:      cache.k[layer][p.span.Slot*cache.cols+key:],
			v:      cache.v[layer][p.span.Slot*cache.cols+key:],
			stride: cache.cols, dim: dim, n: n, slots: p.span.Slots,
			visible: func(t int) int { return p.span.Visible(p.row + t) },
		}
		a.run(s.scores)
	})
}

// attention is one head of a few queries.
type attention struct {
	q, out                func(t int) []float32
	k, v                  []float32 // stride apart, dim each
	stride, dim, n, slots int
	visible               func(t int) int // keys that query t sees
}

// run uses scores, [n][slots], as scratch.
func (a *attention) run(scores []float32) {
	scale := float32(1 / math.Sqrt(float64(a.dim)))
	for j := range a.slots {
		key := a.k[j*a.stride : j*a.stride+a.dim]
		for t := range a.n {
			scores[t*a.slots+j] = asm.Dot(a.q(t), key) * scale
		}
	}
	for t := range a.n {
		asm.Softmax(scores[t*a.slots : t*a.slots+a.visible(t)])
		clear(a.out(t))
	}
	for j := range a.slots {
		value := a.v[j*a.stride : j*a.stride+a.dim]
		for t := range a.n {
			if j < a.visible(t) {
				asm.AddScaled(a.out(t), value, scores[t*a.slots+j])
			}
		}
	}
}
