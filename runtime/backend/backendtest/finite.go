package backendtest

import (
	"errors"
	"fmt"
	"math"

	"llada/formats"
	"llada/runtime/backend"
)

var notFinite = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}

// fails runs a pass that must end with *backend.NotFinite.
func (e *env) fails(what string, p backend.Pass, tensor string, row int, operations func()) {
	e.Helper()
	answers, err := e.try(p, operations)
	var bad *backend.NotFinite
	if !errors.As(err, &bad) || !errors.Is(err, backend.ErrNotFinite) || answers != nil {
		e.Fatalf("%s: %d answers, error %v, want none and one about numbers that are not finite", what, len(answers), err)
	}
	if want := (backend.NotFinite{Tensor: tensor, Row: row}); *bad != want {
		e.Fatalf("%s: %+v, want %+v", what, *bad, want)
	}
}

// ones is a normalization of so many columns that changes nothing but the scale.
func (e *env) ones(cols int) backend.Weight {
	e.Helper()
	m := e.matrix("norm", formats.F32, cols)
	for i := range cols {
		copy(m.Data[4*i:], []byte{0, 0, 0x80, 0x3f})
	}
	return e.load(m)
}

// testNotFiniteNorm: a normalization sees what is not finite, in any place, names
// the first row, and the next pass works.
func testNotFiniteNorm(e *env) {
	const rows, heads, dim = 9, 3, 20
	w, head := e.ones(heads*dim), e.ones(dim)
	for _, v := range append(notFinite, 1e30) {
		x := e.numbers(rows * heads * dim)
		a, dst := e.act(x, rows, heads*dim), e.newAct(rows, heads*dim)
		e.pass(backend.Pass{}, func() { e.be.RMSNorm(dst, a, w, 1e-5) })
		for _, row := range []int{8, 2, 5} {
			x[row*heads*dim+e.rng.IntN(heads*dim)] = v
		}
		a = e.act(x, rows, heads*dim)
		e.fails(fmt.Sprint("a row with ", v), backend.Pass{}, "norm", 2, func() { e.be.RMSNorm(dst, a, w, 1e-5) })
		e.fails(fmt.Sprint("a head with ", v), backend.Pass{}, "norm", 2, func() {
			e.be.RMSNorm(dst, a, head, 1e-5)
			e.be.RMSNorm(dst, dst, w, 1e-5) // does nothing any more
		})
	}
}

// testNotFiniteVectors: the weights that are read when they are loaded are refused.
func testNotFiniteVectors(e *env) {
	for _, enc := range []formats.Encoding{formats.F32, formats.BF16} {
		m := e.matrix("norm", enc, 20)
		m.Data = append([]byte(nil), m.Data...)
		at := 7 * enc.ElementBytes()
		m.Data[at+enc.ElementBytes()-1], m.Data[at+enc.ElementBytes()-2] = 0xff, 0xc0
		if _, err := e.be.Load(e.Context(), m.Tensor); !errors.Is(err, backend.ErrNotFinite) {
			e.Errorf("%s: a vector with NaN loads with error %v", enc, err)
		}
	}
}

// testNotFiniteProducts: NaN and infinities go through every product, int8
// activations too, whether they come from the activations or from a weight.
func testNotFiniteProducts(e *env) {
	const rows, cols, out, bad = 14, 300, 40, 6
	norm := e.ones(out)
	for _, enc := range encodings {
		m := e.matrix("w", enc, out, cols)
		broken := m
		broken.Data = append([]byte(nil), m.Data...)
		width := 2 // the last byte of a bf16, of the first number or scale
		if enc == formats.F32 {
			width = 4
		}
		broken.Data[width-1], broken.Data[width-2] = 0x7f, 0xc0
		w, bw := e.load(m), e.load(broken)
		x := e.numbers(rows * cols)
		good := e.act(x, rows, cols)
		for _, v := range notFinite {
			x := append([]float32(nil), x...)
			x[bad*cols+e.rng.IntN(cols)] = v
			a := e.act(x, rows, cols)
			for name, op := range map[string]func(dst backend.Act){
				"Linear":    func(dst backend.Act) { e.be.Linear([]backend.Act{dst}, []backend.Weight{w}, a) },
				"LinearAdd": func(dst backend.Act) { e.be.LinearAdd(dst, w, a) },
				"Gated":     func(dst backend.Act) { e.be.Gated(dst, w, w, a) },
			} {
				dst := e.act(e.numbers(rows*out), rows, out)
				e.fails(fmt.Sprintf("%s of %s with %v", name, enc, v), backend.Pass{}, "norm", bad, func() {
					op(dst)
					e.be.RMSNorm(dst, dst, norm, 1e-5)
				})
			}
		}
		for name, op := range map[string]func(dst backend.Act){
			"Linear":    func(dst backend.Act) { e.be.Linear([]backend.Act{dst}, []backend.Weight{bw}, good) },
			"LinearAdd": func(dst backend.Act) { e.be.LinearAdd(dst, bw, good) },
			"gate":      func(dst backend.Act) { e.be.Gated(dst, bw, w, good) },
			"up":        func(dst backend.Act) { e.be.Gated(dst, w, bw, good) },
		} {
			dst := e.act(e.numbers(rows*out), rows, out)
			e.fails(fmt.Sprintf("%s by a broken %s", name, enc), backend.Pass{}, "norm", 0, func() {
				op(dst)
				e.be.RMSNorm(dst, dst, norm, 1e-5)
			})
		}
		ids := []int32{3, 0}
		table, dst := e.load(broken), e.newAct(2, cols)
		e.fails("embedding by a broken "+string(enc), backend.Pass{IDs: ids}, "norm", 1, func() {
			e.be.Embed(dst, table)
			e.be.RMSNorm(dst, dst, e.ones(cols), 1e-5)
		})
	}
}

// testNotFiniteAttention: a key, value or query that is not finite reaches every
// query that sees it and no other, however small its score would be.
func testNotFiniteAttention(e *env) {
	const rows, dim = 4, 16
	norm := e.ones(dim)
	for _, enc := range []backend.KVEncoding{backend.KVF32, backend.KVBF16, backend.KVInt8} {
		for _, v := range notFinite {
			for _, what := range []string{"key", "value", "query"} {
				k, x, q := e.numbers(rows*dim), e.numbers(rows*dim), e.numbers(rows*dim)
				for i := range q {
					q[i] = float32(math.Abs(float64(q[i]))) // scores of −∞
				}
				at := map[string][]float32{"key": k, "value": x, "query": q}[what]
				at[2*dim+e.rng.IntN(dim)] = v
				c := e.newCache(backend.KVSpec{Layers: 1, Slots: rows, Heads: 1, Dim: dim, Encoding: enc})
				e.store(c, 0, k, x, []int32{0, 1, 2, 3})
				qa, dst := e.act(q, rows, dim), e.newAct(rows, dim)
				spans := []backend.Span{{Rows: 2, Keys: one(0, 2)}, {Row: 2, Rows: 2, Keys: []backend.Range{{Slot: 3, Slots: 1}, {Slot: 1, Slots: 2}}}}
				e.fails(fmt.Sprintf("%s, %s of %v", enc, what, v), backend.Pass{IDs: make([]int32, rows), Spans: spans}, "norm", 2, func() {
					e.be.Attend(dst, qa, c.kv, 0, 1)
					e.be.RMSNorm(dst, dst, norm, 1e-5)
				})
			}
		}
	}
}

// testNotFiniteHead: logits that are not finite fail the pass whatever was asked of
// them, and are named by the row of the asked ones.
func testNotFiniteHead(e *env) {
	const rows, bad = headRows, 67
	m := e.matrix("head", formats.Q8, vocab, width)
	w := e.load(m)
	for _, v := range notFinite {
		x := e.numbers(rows * width)
		x[bad*width+3] = v
		a := e.act(x, rows, width)
		noise := make([]backend.Key, 3)
		targets := []int32{1, 2, 3}
		for name, ask := range map[string]backend.Ask{
			"logits":  {Row: bad - 1, Rows: 3, Logits: true},
			"targets": {Row: bad - 1, Rows: 3, Targets: targets},
			"a pick":  {Row: bad - 1, Rows: 3, Pick: &backend.Pick{}},
			"a draw":  {Row: bad - 1, Rows: 3, Pick: &backend.Pick{Temperature: 1, Noise: noise, TopK: 3}},
		} {
			e.fails(fmt.Sprintf("%s of %v", name, v), backend.Pass{Asks: []backend.Ask{{Rows: bad, Pick: &backend.Pick{}}, ask}}, "head", bad, func() { e.be.Head(w, a) })
		}
		e.fails("guidance", backend.Pass{Asks: []backend.Ask{{Rows: 2, Guided: true, Guidance: 1, Without: bad - 1, Pick: &backend.Pick{}}}}, "head", 1, func() { e.be.Head(w, a) })
		e.head(w, a, &backend.Ask{Rows: bad, Logits: true}) // a row that is not asked does not matter
	}
	// A forbidden token has no probability, which is no fault.
	e.head(w, e.act(e.numbers(2*width), 2, width), &backend.Ask{Pick: &backend.Pick{Forbid: []int32{0, 5}, Postpone: []int32{7}}})
	broken := m
	broken.Data = append([]byte(nil), m.Data...)
	broken.Data[0], broken.Data[1] = 0x80, 0xff // a scale of −∞: logits that are never chosen
	bw, a := e.load(broken), e.act(e.numbers(2*width), 2, width)
	e.fails("a broken scale", backend.Pass{Asks: []backend.Ask{{Rows: 2, Pick: &backend.Pick{}}}}, "head", 0, func() { e.be.Head(bw, a) })
}
