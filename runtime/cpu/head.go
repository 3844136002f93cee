package cpu

import (
	"context"
	"fmt"

	"llada/runtime/asm"
	"llada/runtime/backend"
)

// headRows is how many rows of logits are in memory at a time: 64 rows of
// LLaDA-8B's 126 464 are 32 MB.
const headRows = 64

// loops are the kernels of a reduction, on one worker.
func (s *scratch) loops() *backend.Loops {
	return &backend.Loops{
		ArgMax: asm.ArgMax,
		SumExp: asm.SumExp,
		TopK:   func(x []float32, k int) []int32 { return asm.TopK(x, k, &s.top) },
	}
}

// Head computes logits a few rows at a time and keeps only what is asked.
func (b *Backend) Head(ctx context.Context, w backend.Weight, x backend.Act, ask *backend.Ask) (*backend.Answer, error) {
	wt, xa := w.(*weight), x.(*act)
	vocab, n := wt.info.Rows(), ask.Rows(xa.rows)
	if err := ask.Check(xa.rows, vocab); err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	ans := ask.NewAnswer(xa.rows)
	for lo := 0; lo < n; lo += headRows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows := min(headRows, n-lo)
		logits := b.headLogits(0, wt, xa, lo, rows)
		var against []float32
		if ask.Guided {
			against = b.headLogits(1, wt, xa, n+lo, rows)
		}
		b.pool.run(rows, func(worker, i int) {
			row := logits[i*vocab : (i+1)*vocab]
			if against != nil {
				backend.Guide(row, against[i*vocab:(i+1)*vocab], ask.Guidance)
			}
			if b.exact {
				ask.Reduce(ans, lo+i, row)
			} else {
				ask.ReduceBy(b.scratch[worker].loops(), ans, lo+i, row)
			}
		})
	}
	return ans, nil
}

// headLogits computes logits of input rows [lo, lo+rows) into buffer i.
func (b *Backend) headLogits(i int, w *weight, x *act, lo, rows int) []float32 {
	vocab := w.info.Rows()
	b.logits[i] = sized(b.logits[i], rows*vocab)
	in := b.prepare(x.data[lo*x.cols:(lo+rows)*x.cols], rows, x.cols, w)
	b.pool.run(strips(w), func(worker, g int) {
		s := &b.scratch[worker]
		s.tile = sized(s.tile, rows*asm.StripRows)
		b.product(s, s.tile, in, w, g, w.strip(g+b.pool.workers), func(first, rows int) {
			spread(b.logits[i], vocab, g, s.tile, first, rows)
		})
	})
	return b.logits[i]
}
