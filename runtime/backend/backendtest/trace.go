package backendtest

import (
	"math/rand/v2"
	"slices"
	"testing"

	"llada/formats"
	"llada/runtime/backend"
)

// Trace runs a fixed sequence of every operation and returns all that can be
// read of it. Backends whose outputs should be identical, such as those that
// differ in the number of threads, must give the same bits.
func Trace(t *testing.T, be backend.Backend) []float32 {
	e := &env{T: t, be: be, rng: rand.New(rand.NewPCG(1, 2))}
	const rows, heads, kvHeads, dim, hidden, tokens = 37, 4, 2, 20, 200, 90
	const width = heads * dim
	ids, pos, slots := make([]int32, rows), make([]int32, rows), make([]int32, rows)
	for i := range ids {
		ids[i], pos[i], slots[i] = int32(e.rng.IntN(tokens)), int32(i%20), int32(i)
	}
	var out []float32
	for _, enc := range encodings {
		load := func(enc formats.Encoding, shape ...int) backend.Weight { return e.load(e.matrix("w", enc, shape...)) }
		x, n := e.newAct(rows, width), e.newAct(rows, width)
		e.be.Embed(x, load(enc, tokens, width), ids)
		e.be.RMSNorm(n, x, load(formats.F32, width), 1e-5)
		q, k, v := e.newAct(rows, width), e.newAct(rows, kvHeads*dim), e.newAct(rows, kvHeads*dim)
		e.be.Linear([]backend.Act{q, k, v}, []backend.Weight{load(enc, width, width), load(enc, kvHeads*dim, width), load(formats.Q8, kvHeads*dim, width)}, n)
		rope := backend.Rope{Theta: 10000, Dims: dim}
		e.be.Rotate(q, heads, pos, rope)
		e.be.Rotate(k, kvHeads, pos, rope)
		kv, err := e.be.NewKV(1, rows, kvHeads, dim)
		if err != nil {
			t.Fatal(err)
		}
		e.be.Store(kv, 0, k, v, slots)
		att := e.newAct(rows, width)
		e.be.Attend(att, q, kv, 0, heads, kvHeads, []backend.Span{{Rows: 20, Slots: 20}, {Row: 20, Rows: 17, Slot: 20, Slots: 17, Block: 4}})
		e.be.LinearAdd(x, load(enc, width, width), att)
		h := e.newAct(rows, hidden)
		e.be.Gated(h, load(enc, hidden, width), load(enc, hidden, width), x)
		for _, a := range []backend.Act{q, k, v, att, x, h} {
			out = append(out, e.read(a)...)
		}
		noise := make([]backend.Key, rows)
		for i := range noise {
			noise[i] = backend.NewKey(uint64(i))
		}
		ans := e.head(load(enc, tokens, width), x, &backend.Ask{Logits: true, Targets: ids, Pick: &backend.Pick{Temperature: 1, Noise: noise}})
		out = append(out, slices.Concat(ans.Logits...)...)
		few := e.head(load(enc, tokens, width), x, &backend.Ask{Pick: &backend.Pick{Temperature: 5, Noise: noise, TopK: 80, TopP: 0.9}})
		for i, c := range ans.Candidates {
			out = append(out, float32(c.Token), float32(c.LogOdds), float32(ans.LogProbs[i]), float32(few.Candidates[i].Token))
		}
	}
	return out
}

// testSameBits: an operation repeated gives what it gave.
func testSameBits(e *env) {
	e.same("the second time", Trace(e.T, e.be), Trace(e.T, e.be))
}
