package backendtest

import (
	"context"
	"errors"

	"llada/formats"
	"llada/runtime/backend"
)

// testPassCopies: what Begin was given may change at once, and buffers of one pass
// serve a shorter one.
func testPassCopies(e *env) {
	const tokens, cols = 20, 12
	m := e.matrix("table", formats.F32, tokens, cols)
	table, x, asked := e.load(m), e.newAct(9, cols), e.newAct(9, cols)
	for _, n := range []int{9, 3, 1, 9} {
		p := backend.Pass{IDs: make([]int32, n), Pos: make([]int32, n), Slots: make([]int32, n), Asked: []int32{int32(n - 1), 0}}
		for i := range p.IDs {
			p.IDs[i] = int32(2*i + 1)
		}
		if err := e.be.Begin(e.Context(), &p); err != nil {
			e.Fatal(err)
		}
		clear(p.IDs)
		clear(p.Asked)
		e.be.Embed(x, table)
		e.be.Asked(asked, x)
		if _, err := e.be.End(e.Context()); err != nil {
			e.Fatal(err)
		}
		if x.Rows() != n || asked.Rows() != 2 {
			e.Fatalf("%d rows and %d asked, want %d and 2", x.Rows(), asked.Rows(), n)
		}
		row := 2*n - 1
		e.same("the last row asked", e.read(asked)[:cols], m.values[row*cols:(row+1)*cols])
	}
}

// testPassCopiesSpans: so may the keys of its spans.
func testPassCopiesSpans(e *env) {
	const slots, dim = 8, 16
	c := e.newCache(backend.KVSpec{Layers: 1, Slots: slots, Heads: 1, Dim: dim})
	e.fill(c, 0, nil)
	x := e.numbers(2 * dim)
	q, dst := e.act(x, 2, dim), e.newAct(2, dim)
	keys := []backend.Range{{Slot: 0, Slots: 3}, {Slot: 5, Slots: 2}, {Slot: 1, Slots: 6}}
	spans := []backend.Span{{Rows: 1, Keys: keys[:2:2]}, {Row: 1, Rows: 1, Keys: keys[2:]}}
	want := attention(x, c, 1, 1, dim, spans, 2)
	p := backend.Pass{IDs: make([]int32, 2), Pos: make([]int32, 2), Slots: make([]int32, 2), Spans: spans}
	if err := e.be.Begin(e.Context(), &p); err != nil {
		e.Fatal(err)
	}
	for i := range keys {
		keys[i] = backend.Range{Slot: slots - 1, Slots: 1}
	}
	clear(spans)
	e.be.Attend(dst, q, c.kv, 0, 1)
	if _, err := e.be.End(e.Context()); err != nil {
		e.Fatal(err)
	}
	e.compare("attention", e.read(dst), want)
}

// testPassCancelled: a pass whose context ends before or within it says so, and
// the next works.
func testPassCancelled(e *env) {
	w, x := e.load(e.matrix("head", formats.F32, vocab, width)), e.act(e.numbers(3*width), 3, width)
	p := &backend.Pass{Asks: []backend.Ask{{Rows: 3, Logits: true}}}
	ctx, cancel := context.WithCancel(e.Context())
	if err := e.be.Begin(ctx, p); err != nil {
		e.Fatal(err)
	}
	cancel()
	e.be.Head(w, x)
	if ans, err := e.be.End(ctx); !errors.Is(err, context.Canceled) || ans != nil {
		e.Errorf("answer %v, error %v after cancellation", ans, err)
	}
	last, end := context.WithCancel(e.Context())
	if err := e.be.Begin(last, p); err != nil {
		e.Fatal(err)
	}
	e.be.Head(w, x)
	end()
	if ans, err := e.be.End(last); !errors.Is(err, context.Canceled) || ans != nil {
		e.Errorf("answer %v, error %v after cancellation behind the last operation", ans, err)
	}
	if err := e.be.Begin(ctx, p); !errors.Is(err, context.Canceled) {
		e.Errorf("a pass under a cancelled context begins with error %v", err)
	}
	e.head(w, x, &p.Asks[0])
}
