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
		table, norm := load(enc, tokens, width), load(formats.F32, width)
		qkv := []backend.Weight{load(enc, width, width), load(enc, kvHeads*dim, width), load(formats.Q8, kvHeads*dim, width)}
		outw, gate, up, head := load(enc, width, width), load(enc, hidden, width), load(enc, hidden, width), load(enc, tokens, width)
		x, n, att, h := e.newAct(rows, width), e.newAct(rows, width), e.newAct(rows, width), e.newAct(rows, hidden)
		q, k, v := e.newAct(rows, width), e.newAct(rows, kvHeads*dim), e.newAct(rows, kvHeads*dim)
		rope := backend.Rope{Theta: 10000, Dims: dim}
		kv, err := e.be.NewKV(backend.KVSpec{Layers: 1, Slots: rows, Heads: kvHeads, Dim: dim, Encoding: backend.KVF32})
		if err != nil {
			t.Fatal(err)
		}
		noise := make([]backend.Key, rows)
		for i := range noise {
			noise[i] = backend.NewKey(uint64(i))
		}
		p := backend.Pass{
			IDs: ids, Pos: pos, Slots: slots,
			Spans: []backend.Span{{Rows: 20, Keys: one(0, 20)}, {Row: 20, Rows: 17, Keys: []backend.Range{{Slot: 20, Slots: 17}, {Slot: 3, Slots: 5}}}},
			Asks: []backend.Ask{
				{Rows: rows, Logits: true, Targets: ids, Pick: &backend.Pick{Temperature: 1, Noise: noise}},
				{Rows: rows, Pick: &backend.Pick{Temperature: 5, Noise: noise, TopK: 80, TopP: 0.9, Margin: true, Entropy: true}},
			},
		}
		answers := e.pass(p, func() {
			e.be.Embed(x, table)
			e.be.RMSNorm(n, x, norm, 1e-5)
			e.be.Linear([]backend.Act{q, k, v}, qkv, n)
			e.be.Rotate(q, heads, rope)
			e.be.Rotate(k, kvHeads, rope)
			e.be.Store(kv, 0, k, v)
			e.be.Attend(att, q, kv, 0, heads)
			e.be.LinearAdd(x, outw, att)
			e.be.Gated(h, gate, up, x)
			e.be.Head(head, x)
		})
		for _, a := range []backend.Act{q, k, v, att, x, h} {
			out = append(out, e.read(a)...)
		}
		out = append(out, slices.Concat(answers[0].Logits...)...)
		for i, c := range answers[0].Candidates {
			few := answers[1].Candidates[i]
			out = append(out, float32(c.Token), float32(c.LogOdds), float32(answers[0].LogProbs[i]), float32(few.Token), float32(few.Margin), float32(few.Entropy))
		}
	}
	return out
}

// testSameBits: an operation repeated gives what it gave.
func testSameBits(e *env) {
	e.same("the second time", Trace(e.T, e.be), Trace(e.T, e.be))
}
