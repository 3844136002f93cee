package cpu

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"llada/runtime/backend"
)

// pass is the pass at hand: its own copy of what Begin was given, and what has
// become of it.
type pass struct {
	ctx             context.Context
	ids, pos, slots []int32
	asked           []int32
	spans           []backend.Span
	keys            []backend.Range // those of all spans
	asks            []backend.Ask
	answers         []backend.Answer
	failed          error
	notFinite       atomic.Int64 // the first row of an operation that is not finite
}

// Begin copies p into buffers that the next pass uses again.
func (b *Backend) Begin(ctx context.Context, p *backend.Pass) error {
	b.pass.ctx = nil
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(p.Pos) != len(p.IDs) || len(p.Slots) != len(p.IDs) {
		panic(fmt.Sprintf("cpu: begin: %d ids, %d positions and %d slots", len(p.IDs), len(p.Pos), len(p.Slots)))
	}
	q := &b.pass
	q.ctx, q.failed, q.answers = ctx, nil, nil
	q.ids, q.pos, q.slots = append(q.ids[:0], p.IDs...), append(q.pos[:0], p.Pos...), append(q.slots[:0], p.Slots...)
	q.asked, q.asks = append(q.asked[:0], p.Asked...), append(q.asks[:0], p.Asks...)
	q.spans, q.keys = append(q.spans[:0], p.Spans...), q.keys[:0]
	for _, s := range p.Spans {
		q.keys = append(q.keys, s.Keys...)
	}
	at := 0
	for i := range q.spans {
		n := len(q.spans[i].Keys)
		q.spans[i].Keys = q.keys[at : at+n : at+n]
		at += n
	}
	return nil
}

// End returns the answers; everything else is done.
func (b *Backend) End(ctx context.Context) ([]backend.Answer, error) {
	q := &b.pass
	if q.failed == nil {
		q.failed = ctx.Err()
	}
	answers, err := q.answers, q.failed
	q.answers, q.ctx = nil, nil
	clear(q.asks)
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// over reports that there is nothing left to compute: the pass failed or was
// cancelled.
func (b *Backend) over() bool {
	q := &b.pass
	if q.ctx == nil {
		panic("cpu: an operation outside a pass")
	}
	if q.failed == nil {
		q.failed = q.ctx.Err()
	}
	return q.failed != nil
}

// run is a loop of an operation; what goes wrong in it fails the pass.
func (b *Backend) run(n int, f func(worker, i int)) {
	if b.pass.failed == nil {
		b.pass.failed = b.pool.run(n, f)
	}
}

// act is a matrix in memory.
type act struct {
	rows, cols int
	data       []float32 // [rows][cols]; its capacity is what there is room for
}

func (a *act) Rows() int { return a.rows }
func (a *act) Cols() int { return a.cols }

// Close lets the memory go.
func (a *act) Close() error {
	*a = act{}
	return nil
}

func (a *act) row(i int) []float32 { return a.data[i*a.cols : (i+1)*a.cols] }

// shape makes a the output of an operation; its contents are undefined.
func (a *act) shape(op string, rows, cols int) {
	if rows*cols > cap(a.data) {
		panic(fmt.Sprintf("cpu: %s: output is %d×%d, there is room for %d numbers", op, rows, cols, cap(a.data)))
	}
	a.rows, a.cols, a.data = rows, cols, a.data[:rows*cols]
}

// NewAct allocates room for a matrix.
func (b *Backend) NewAct(rows, cols int) (backend.Act, error) {
	return &act{data: make([]float32, 0, rows*cols)}, nil
}

// Read copies rows out.
func (b *Backend) Read(ctx context.Context, dst []float32, x backend.Act, row int) error {
	a := x.(*act)
	if at := row * a.cols; at+len(dst) > len(a.data) {
		panic(fmt.Sprintf("cpu: read: %d numbers from row %d of %d×%d", len(dst), row, a.rows, a.cols))
	}
	copy(dst, a.data[row*a.cols:])
	return ctx.Err()
}

// Write copies rows in.
func (b *Backend) Write(ctx context.Context, x backend.Act, row, cols int, src []float32) error {
	a := x.(*act)
	if a.rows > 0 && cols != a.cols || row > a.rows || len(src)%cols != 0 {
		panic(fmt.Sprintf("cpu: write: %d numbers as rows of %d, from row %d of %d×%d", len(src), cols, row, a.rows, a.cols))
	}
	a.shape("write", max(a.rows, row+len(src)/cols), cols)
	copy(a.data[row*cols:], src)
	return ctx.Err()
}

// Asked copies the rows that the pass asks.
func (b *Backend) Asked(dst, x backend.Act) {
	if b.over() {
		return
	}
	d, a := dst.(*act), x.(*act)
	if n := len(b.pass.asked); n > 0 && int(slices.Max(b.pass.asked)) >= a.rows {
		panic(fmt.Sprintf("cpu: asked: row %d of %d", slices.Max(b.pass.asked), a.rows))
	}
	d.shape("asked", len(b.pass.asked), a.cols)
	for i, r := range b.pass.asked {
		copy(d.row(i), a.row(int(r)))
	}
}
