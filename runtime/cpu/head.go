package cpu

import (
	"fmt"

	"llada/runtime/asm"
	"llada/runtime/backend"
)

// headRows is how many rows of logits are in memory at a time: 64 rows of
// LLaDA-8B's 126 464 are 32 MB.
const headRows = 64

// head is what the output head works with.
type head struct {
	items  []item
	rows   []float32 // the inputs of some items
	logits []float32 // [headRows][vocab]; those of rows that are not used stay untouched
}

// item is one row of an answer.
type item struct {
	ask, row      int
	logits, guide int // rows of head.logits; guide is −1 without guidance
}

// newLoops are the kernels of a reduction, on one worker.
func newLoops(top *asm.Top) *backend.Loops {
	return &backend.Loops{
		ArgMax: asm.ArgMax,
		SumExp: asm.SumExp,
		TopK:   func(x []float32, k int) []int32 { return asm.TopK(x, k, top) },
	}
}

// Head computes logits a few rows at a time, whichever asks they belong to, and
// keeps only what is asked.
func (b *Backend) Head(w backend.Weight, x backend.Act) {
	if b.over() {
		return
	}
	wt, xa, p := w.(*weight), x.(*act), &b.pass
	vocab := wt.info.Rows()
	p.answers = make([]backend.Answer, len(p.asks))
	for i := range p.asks {
		if err := p.asks[i].Check(xa.rows, vocab); err != nil {
			p.failed = fmt.Errorf("head: %w", err)
			return
		}
		p.answers[i] = p.asks[i].NewAnswer()
	}
	h := &b.head
	h.begin(xa.cols, vocab)
	for i := range p.asks {
		a := &p.asks[i]
		for r := range a.Rows {
			if need := len(h.rows)/xa.cols + 1; need > headRows || a.Guided && need == headRows {
				b.reduce(wt, xa.cols)
			}
			it := item{i, r, h.add(xa.row(a.Row + r)), -1}
			if a.Guided {
				it.guide = h.add(xa.row(a.Without + r))
			}
			h.items = append(h.items, it)
		}
	}
	b.reduce(wt, xa.cols)
}

func (h *head) begin(cols, vocab int) {
	h.items, h.rows = h.items[:0], sized(h.rows, headRows*cols)[:0]
	h.logits = sized(h.logits, headRows*vocab)
}

// add takes a row of input and says which of the logits' rows is its.
func (h *head) add(x []float32) int {
	h.rows = append(h.rows, x...)
	return len(h.rows)/len(x) - 1
}

// reduce computes the logits of the items at hand and their answers.
func (b *Backend) reduce(w *weight, cols int) {
	h, p, vocab := &b.head, &b.pass, w.info.Rows()
	rows := len(h.rows) / cols
	if rows == 0 || b.over() {
		return
	}
	logits := h.logits[:rows*vocab]
	in := b.prepare(h.rows, rows, cols, w)
	b.run(w.strips(), func(worker, g int) {
		s := &b.scratch[worker]
		s.outputs = sized(s.outputs, rows*asm.StripRows)
		b.product(s, s.outputs, in, w, g, w.strip(g+b.pool.workers), func(first, rows int) {
			spread(logits, vocab, g, s.outputs, first, rows)
		})
	})
	asked := func(i int) int { return p.asks[h.items[i].ask].Row + h.items[i].row }
	b.runFinite(w, len(h.items), asked, func(worker, i int) bool {
		it := h.items[i]
		a, row := &p.asks[it.ask], logits[it.logits*vocab:(it.logits+1)*vocab]
		if it.guide >= 0 {
			backend.Guide(row, logits[it.guide*vocab:(it.guide+1)*vocab], a.Guidance)
		}
		if !asm.Finite(row) {
			return false
		}
		if b.exact {
			a.Reduce(&p.answers[it.ask], it.row, row)
		} else {
			a.ReduceBy(b.scratch[worker].loops, &p.answers[it.ask], it.row, row)
		}
		return true
	})
	h.items, h.rows = h.items[:0], h.rows[:0]
}
