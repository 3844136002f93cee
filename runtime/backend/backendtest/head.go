package backendtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"llada/formats"
	"llada/runtime/backend"
)

// headRows is enough to need several rounds of a backend that keeps the logits
// of 64 rows at a time.
const (
	headRows = 70
	vocab    = 101
	width    = 300
)

func (e *env) head(w backend.Weight, x backend.Act, ask *backend.Ask) *backend.Answer {
	e.Helper()
	ans, err := e.be.Head(e.Context(), w, x, ask)
	if err != nil {
		e.Fatalf("head: %v", err)
	}
	return ans
}

func testHeadLogits(e *env) {
	for _, enc := range encodings {
		for _, rows := range []int{1, 3, headRows} {
			m := e.matrix("head", enc, vocab, width)
			x := e.numbers(rows * width)
			ans := e.head(e.load(m), e.act(x, rows, width), &backend.Ask{Logits: true})
			if len(ans.Logits) != rows || ans.LogProbs != nil || ans.Candidates != nil {
				e.Fatalf("%s: %d rows of logits, %v, %v for %d rows that asked logits alone", enc, len(ans.Logits), ans.LogProbs, ans.Candidates, rows)
			}
			e.compare(fmt.Sprintf("%s, %d rows", enc, rows), slices.Concat(ans.Logits...), e.product(m, x, rows))
		}
	}
}

// asked runs an ask with its logits and once more without them, and compares
// both with the definition, backend.Ask.Reduce, applied to those logits.
func (e *env) asked(what string, w backend.Weight, x backend.Act, ask backend.Ask) *backend.Answer {
	e.Helper()
	ask.Logits = true
	full := e.head(w, x, &ask)
	ask.Logits = false
	ans := e.head(w, x, &ask)
	if ans.Logits != nil {
		e.Errorf("%s: logits that were not asked", what)
	}
	n := ask.Rows(x.Rows())
	want := ask.NewAnswer(x.Rows())
	for i := range n {
		ask.Reduce(want, i, slices.Clone(full.Logits[i]))
	}
	for name, got := range map[string]*backend.Answer{"with logits": full, "alone": ans} {
		if len(got.LogProbs) != len(want.LogProbs) || len(got.Candidates) != len(want.Candidates) {
			e.Fatalf("%s, %s: %d log p and %d candidates for %d rows", what, name, len(got.LogProbs), len(got.Candidates), n)
		}
		for i, v := range want.LogProbs {
			if !e.near(got.LogProbs[i], v) {
				e.Fatalf("%s, %s: row %d has log p %v, want %v", what, name, i, got.LogProbs[i], v)
			}
		}
		for i, c := range want.Candidates {
			if g := got.Candidates[i]; g.Token != c.Token || !e.near(g.LogOdds, c.LogOdds) {
				e.Fatalf("%s, %s: row %d proposes %+v, want %+v", what, name, i, g, c)
			}
		}
	}
	return full
}

// near allows for another order of a float64 sum, and off the exact path for
// exponentials in float32.
func (e *env) near(x, y float64) bool {
	if e.o.Exact {
		return x == y || math.Abs(x-y) <= 1e-9*max(1e-3, math.Abs(y))
	}
	return x == y || math.Abs(x-y) <= 1e-6*max(1, math.Abs(y))
}

func testHeadTargets(e *env) {
	m := e.matrix("head", formats.Q6, vocab, width)
	w, x := e.load(m), e.act(e.numbers(headRows*width), headRows, width)
	targets := make([]int32, headRows)
	for i := range targets {
		targets[i] = int32(e.rng.IntN(vocab))
	}
	e.asked("targets", w, x, backend.Ask{Targets: targets})
	e.asked("targets and picks", w, x, backend.Ask{Targets: targets, Pick: &backend.Pick{Forbid: []int32{1, 2}}})
}

func testHeadPicks(e *env) {
	m := e.matrix("head", formats.BF16, vocab, width)
	x := e.numbers(headRows * width)
	w, a := e.load(m), e.act(x, headRows, width)
	noise := make([]backend.Key, headRows)
	for i := range noise {
		noise[i] = backend.NewKey(5, 0, uint64(i))
	}
	plain := e.asked("argmax", w, a, backend.Ask{Pick: &backend.Pick{}})
	top := plain.Candidates[0].Token
	for _, c := range []struct {
		name string
		pick backend.Pick
	}{
		{"forbid", backend.Pick{Forbid: []int32{top, 0}}},
		{"never", backend.Pick{Never: []int32{top}}},
		{"postpone", backend.Pick{Postpone: []int32{top, 7}}},
		{"all three", backend.Pick{Forbid: []int32{3, 4}, Never: []int32{top, 4}, Postpone: []int32{5, 6}}},
		{"noise", backend.Pick{Temperature: 1, Noise: noise}},
		{"top k", backend.Pick{Temperature: 1, Noise: noise, TopK: 3}},
		{"the most probable", backend.Pick{Temperature: 1, Noise: noise, TopK: 1}},
		{"top k of more than all", backend.Pick{Temperature: 3, Noise: noise, TopK: 5 * vocab}},
		{"top p", backend.Pick{Temperature: 1, Noise: noise, TopP: 0.7}},
		{"top p of nearly all", backend.Pick{Temperature: 50, Noise: noise, TopP: 0.97}},
		{"top k and top p", backend.Pick{Temperature: 5, Noise: noise, TopK: 20, TopP: 0.6}},
		{"top k without noise", backend.Pick{TopK: 3, TopP: 0.5}},
		{"both and all three", backend.Pick{Temperature: 5, Noise: noise, TopK: 9, TopP: 0.8, Forbid: []int32{3}, Never: []int32{top}, Postpone: []int32{5}}},
		{"noise and all three", backend.Pick{Temperature: 5, Noise: noise, Forbid: []int32{3}, Never: []int32{top}, Postpone: []int32{5}}},
	} {
		e.asked(c.name, w, a, backend.Ask{Pick: &c.pick})
	}
	// Everything kept draws what nothing restricted draws.
	free := e.head(w, a, &backend.Ask{Pick: &backend.Pick{Temperature: 5, Noise: noise}})
	kept := e.head(w, a, &backend.Ask{Pick: &backend.Pick{Temperature: 5, Noise: noise, TopK: vocab}})
	if !slices.Equal(free.Candidates, kept.Candidates) {
		e.Errorf("the top %d of %d are drawn otherwise than all", vocab, vocab)
	}
	// Equal logits: the lowest id.
	tied := e.act(make([]float32, 2*width), 2, width)
	if got := e.asked("ties", w, tied, backend.Ask{Pick: &backend.Pick{Forbid: []int32{0, 1}}}).Candidates; got[0].Token != 2 || got[1].Token != 2 {
		e.Errorf("ties go to %+v, want token 2", got)
	}
}

func testHeadGuided(e *env) {
	const pairs = headRows
	for _, enc := range []formats.Encoding{formats.F32, formats.Q8} {
		m := e.matrix("head", enc, vocab, width)
		x := e.numbers(2 * pairs * width)
		w, a := e.load(m), e.act(x, 2*pairs, width)
		plain := e.head(w, a, &backend.Ask{Logits: true})
		targets := make([]int32, pairs)
		for i := range targets {
			targets[i] = int32(i)
		}
		for _, g := range []float32{0, 0.5, 2} {
			ans := e.asked(fmt.Sprint("guidance ", g), w, a, backend.Ask{Guided: true, Guidance: g, Targets: targets, Pick: &backend.Pick{}})
			if len(ans.Logits) != pairs {
				e.Fatalf("%d rows of logits for %d pairs", len(ans.Logits), pairs)
			}
			for i, got := range ans.Logits {
				want := expect(vocab)
				for j := range vocab {
					c, u := float64(plain.Logits[i][j]), float64(plain.Logits[pairs+i][j])
					want.value[j] = u + (float64(g)+1)*(c-u)
					want.size[j] = math.Abs(u) + (float64(g)+1)*(math.Abs(c)+math.Abs(u))
				}
				e.compare(fmt.Sprintf("%s, guidance %v, pair %d", enc, g, i), got, want)
			}
		}
	}
}

func testHeadRefuses(e *env) {
	w, x := e.load(e.matrix("head", formats.F32, vocab, width)), e.act(e.numbers(3*width), 3, width)
	for name, ask := range map[string]*backend.Ask{
		"a target outside the vocabulary": {Targets: []int32{0, vocab, 0}},
		"too few targets":                 {Targets: []int32{0}},
		"pairs of three rows":             {Guided: true, Logits: true},
		"noise without keys":              {Pick: &backend.Pick{Temperature: 1}},
		"a negative top k":                {Pick: &backend.Pick{TopK: -1}},
		"a top p above 1":                 {Pick: &backend.Pick{TopP: 1.01}},
	} {
		if _, err := e.be.Head(e.Context(), w, x, ask); err == nil {
			e.Errorf("%s: no error", name)
		}
	}
	ctx, cancel := context.WithCancel(e.Context())
	cancel()
	if _, err := e.be.Head(ctx, w, x, &backend.Ask{Logits: true}); !errors.Is(err, context.Canceled) {
		e.Errorf("error after cancellation is %v", err)
	}
	// A refused head leaves the backend working.
	e.head(w, x, &backend.Ask{Logits: true})
}
