package backendtest

import (
	"fmt"
	"math"

	"llada/formats"
	"llada/quant"
	"llada/runtime/backend"
)

// product is x·wᵀ for rows of x: by quant.Dot where int8 activations are used,
// else of the decoded numbers, and of those of x rounded where bf16 ones are, in
// float64.
func (e *env) product(m matrix, x []float32, rows int) *expected {
	out, cols := m.Rows(), m.Cols()
	want := expect(rows * out)
	q, tiled := m.codec.(quant.Quantized)
	int8Path := tiled && !e.o.Exact
	var acts quant.Acts
	if int8Path {
		acts.Reset(rows, cols)
		for i := range rows {
			acts.SetRow(i, x[i*cols:(i+1)*cols])
		}
	}
	if e.o.BF16 && m.Encoding == formats.BF16 {
		x = rounded(e, x)
	}
	for i := range rows {
		for r := range out {
			sum, size := 0.0, 0.0
			for k, w := range m.values[r*cols : (r+1)*cols] {
				p := float64(w) * float64(x[i*cols+k])
				sum += p
				size += math.Abs(p)
			}
			if int8Path {
				sum = float64(quant.Dot(q, m.Data, r, &acts, i))
			}
			want.value[i*out+r], want.size[i*out+r] = sum, size
		}
	}
	want.exact = int8Path && e.o.BitExact
	return want
}

// rounded is x in bf16.
func rounded(e *env, x []float32) []float32 {
	y, b := make([]float32, len(x)), make([]byte, 2*len(x))
	if err := formats.EncodeFloat32(b, x, formats.BF16); err != nil {
		e.Fatal(err)
	}
	if err := formats.DecodeFloat32(y, b, formats.BF16); err != nil {
		e.Fatal(err)
	}
	return y
}

// shapes are products: rows of activations, outputs, columns.
var shapes = []struct{ rows, out, cols int }{
	{1, 1, 1}, {1, 16, 256}, {2, 17, 300}, {3, 5, 255}, {5, 40, 520}, {33, 33, 129}, {70, 16, 31},
}

func testLinear(e *env) {
	for _, enc := range encodings {
		for _, s := range shapes {
			m := e.matrix("w", enc, s.out, s.cols)
			x := e.numbers(s.rows * s.cols)
			dst, w, in := e.newAct(s.rows, s.out), e.load(m), e.act(x, s.rows, s.cols)
			e.pass(backend.Pass{}, func() { e.be.Linear([]backend.Act{dst}, []backend.Weight{w}, in) })
			e.compare(fmt.Sprintf("%s, %d×%d·%d", enc, s.rows, s.cols, s.out), e.read(dst), e.product(m, x, s.rows))
		}
	}
}

// testLinearShared multiplies one input by weights of every encoding at once.
func testLinearShared(e *env) {
	const rows, cols = 21, 300
	x := e.numbers(rows * cols)
	var dst []backend.Act
	var ws []backend.Weight
	var ms []matrix
	for i, enc := range append(encodings, formats.Q4, formats.F32) {
		out := 1 + 13*i
		ms = append(ms, e.matrix(fmt.Sprint("w", i), enc, out, cols))
		ws = append(ws, e.load(ms[i]))
		dst = append(dst, e.newAct(rows, out))
	}
	in := e.act(x, rows, cols)
	e.pass(backend.Pass{}, func() { e.be.Linear(dst, ws, in) })
	for i, m := range ms {
		e.compare(fmt.Sprintf("weight %d, %s", i, m.Encoding), e.read(dst[i]), e.product(m, x, rows))
	}
}

// testLinearExactRows: exact rows give what a plain weight of them gives, the
// other outputs what they gave.
func testLinearExactRows(e *env) {
	const rows, cols, out = 9, 300, 150
	for _, enc := range encodings {
		m := e.matrix("w", enc, out, cols)
		c := e.exactRows(m, 0, 3, 31, 32, 95, 149)
		x, before := e.numbers(rows*cols), e.numbers(rows*out)
		want, exact := e.product(m, x, rows), e.product(c, x, rows)
		for i := range rows {
			for j, r := range c.Replaces {
				want.value[i*out+int(r)], want.size[i*out+int(r)] = exact.value[i*c.Rows()+j], exact.size[i*c.Rows()+j]
			}
		}
		want.exact = false // not even in the rows that are int8 products: one tolerance for all
		w, in := e.load(m, c), e.act(x, rows, cols)
		dst, sum := e.newAct(rows, out), e.act(before, rows, out)
		e.pass(backend.Pass{}, func() {
			e.be.Linear([]backend.Act{dst}, []backend.Weight{w}, in)
			e.be.LinearAdd(sum, w, in)
		})
		e.compare(string(enc), e.read(dst), want)
		got := e.read(dst)
		for i, b := range before {
			got[i] = b + got[i]
		}
		e.same(string(enc)+", added", e.read(sum), got)
	}
}

func testLinearAdd(e *env) {
	for _, enc := range encodings {
		for _, s := range shapes {
			m := e.matrix("w", enc, s.out, s.cols)
			x, before := e.numbers(s.rows*s.cols), e.numbers(s.rows*s.out)
			dst, w, in := e.act(before, s.rows, s.out), e.load(m), e.act(x, s.rows, s.cols)
			e.pass(backend.Pass{}, func() { e.be.LinearAdd(dst, w, in) })
			want := e.product(m, x, s.rows)
			for i, b := range before {
				if want.exact { // the whole product first, then one sum
					want.value[i] = float64(b + float32(want.value[i]))
				} else {
					want.value[i] += float64(b)
				}
				want.size[i] += math.Abs(float64(b))
			}
			e.compare(fmt.Sprintf("%s, %d×%d·%d", enc, s.rows, s.cols, s.out), e.read(dst), want)
		}
	}
}

func testGated(e *env) {
	for i, enc := range encodings {
		for _, s := range shapes {
			gate := e.matrix("gate", enc, s.out, s.cols)
			up := e.matrix("up", encodings[(i+s.rows)%len(encodings)], s.out, s.cols)
			x := e.numbers(s.rows * s.cols)
			dst, gw, uw, in := e.newAct(s.rows, s.out), e.load(gate), e.load(up), e.act(x, s.rows, s.cols)
			e.pass(backend.Pass{}, func() { e.be.Gated(dst, gw, uw, in) })
			g, u := e.product(gate, x, s.rows), e.product(up, x, s.rows)
			want := expect(len(g.value))
			for j, gv := range g.value {
				silu := gv / (1 + math.Exp(-gv))
				want.value[j] = silu * u.value[j]
				// The slope of silu is at most 1.1.
				want.size[j] = 1.1*g.size[j]*math.Abs(u.value[j]) + math.Abs(silu)*u.size[j]
			}
			e.compare(fmt.Sprintf("%s and %s, %d×%d·%d", enc, up.Encoding, s.rows, s.cols, s.out), e.read(dst), want)
		}
	}
}
