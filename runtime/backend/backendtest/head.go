package backendtest

import (
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

// head runs a pass of the head alone about all rows of x, unless the ask says
// which.
func (e *env) head(w backend.Weight, x backend.Act, ask *backend.Ask) backend.Answer {
	e.Helper()
	a := *ask
	if a.Rows == 0 {
		if a.Rows = x.Rows(); a.Guided {
			a.Rows = x.Rows() / 2
			a.Without = a.Rows
		}
	}
	return e.pass(backend.Pass{Asks: []backend.Ask{a}}, func() { e.be.Head(w, x) })[0]
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
func (e *env) asked(what string, w backend.Weight, x backend.Act, ask backend.Ask) backend.Answer {
	e.Helper()
	if ask.Rows = x.Rows(); ask.Guided {
		ask.Rows = x.Rows() / 2
		ask.Without = ask.Rows
	}
	ask.Logits = true
	full := e.head(w, x, &ask)
	ask.Logits = false
	ans := e.head(w, x, &ask)
	if ans.Logits != nil {
		e.Errorf("%s: logits that were not asked", what)
	}
	n := ask.Rows
	want := ask.NewAnswer()
	for i := range n {
		ask.Reduce(&want, i, slices.Clone(full.Logits[i]))
	}
	for name, got := range map[string]backend.Answer{"with logits": full, "alone": ans} {
		if len(got.LogProbs) != len(want.LogProbs) || len(got.Candidates) != len(want.Candidates) {
			e.Fatalf("%s, %s: %d log p and %d candidates for %d rows", what, name, len(got.LogProbs), len(got.Candidates), n)
		}
		for i, v := range want.LogProbs {
			if !e.near(got.LogProbs[i], v) {
				e.Fatalf("%s, %s: row %d has log p %v, want %v", what, name, i, got.LogProbs[i], v)
			}
		}
		for i, c := range want.Candidates {
			if g := got.Candidates[i]; g.Token != c.Token || !e.near(g.LogOdds, c.LogOdds) || !e.near(g.Margin, c.Margin) || !e.near(g.Entropy, c.Entropy) {
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
		{"margin and entropy", backend.Pick{Margin: true, Entropy: true, Forbid: []int32{top}}},
		{"margin and entropy of a draw", backend.Pick{Margin: true, Entropy: true, Temperature: 5, Noise: noise, TopK: 9, Postpone: []int32{top}}},
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

// testHeadSeveral: asks of one pass, each with its own rows, tokens, temperature
// and guidance, are answered as each alone, whatever the order of their rows.
func testHeadSeveral(e *env) {
	const rows = 2*headRows + 10
	w := e.load(e.matrix("head", formats.Q6, vocab, width))
	x := e.act(e.numbers(rows*width), rows, width)
	noise := func(seed uint64, n int) []backend.Key {
		keys := make([]backend.Key, n)
		for i := range keys {
			keys[i] = backend.NewKey(seed, uint64(i))
		}
		return keys
	}
	asks := []backend.Ask{
		{Row: 3, Rows: 1, Pick: &backend.Pick{}},
		{Row: 100, Rows: 40, Pick: &backend.Pick{Temperature: 0.7, Noise: noise(1, 40), Never: []int32{5}}},
		{Row: 0, Rows: 0, Logits: true},
		{Row: 4, Rows: 33, Guided: true, Guidance: 1.5, Without: 60, Targets: make([]int32, 33), Pick: &backend.Pick{Temperature: 2, Noise: noise(2, 33), TopK: 5}},
		{Row: 140, Rows: 10, Logits: true, Targets: []int32{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}},
		{Row: 0, Rows: 90, Pick: &backend.Pick{Forbid: []int32{1, 2}, Entropy: true}},
		{Row: 20, Rows: 9, Guided: true, Guidance: 0.5, Without: 0, Logits: true},
	}
	together := e.pass(backend.Pass{Asks: asks}, func() { e.be.Head(w, x) })
	if len(together) != len(asks) {
		e.Fatalf("%d answers to %d asks", len(together), len(asks))
	}
	for i, ask := range asks {
		alone := e.pass(backend.Pass{Asks: []backend.Ask{ask}}, func() { e.be.Head(w, x) })[0]
		got := together[i]
		if len(got.Logits) != len(alone.Logits) || !slices.Equal(got.LogProbs, alone.LogProbs) || !slices.Equal(got.Candidates, alone.Candidates) {
			e.Errorf("ask %d is answered otherwise than alone", i)
		}
		for r := range got.Logits {
			e.same(fmt.Sprintf("ask %d, row %d", i, r), got.Logits[r], alone.Logits[r])
		}
	}
}

func testHeadRefuses(e *env) {
	w, x := e.load(e.matrix("head", formats.F32, vocab, width)), e.act(e.numbers(3*width), 3, width)
	for name, ask := range map[string]backend.Ask{
		"a target outside the vocabulary": {Rows: 3, Targets: []int32{0, vocab, 0}},
		"too few targets":                 {Rows: 3, Targets: []int32{0}},
		"a row behind the last":           {Row: 1, Rows: 3, Logits: true},
		"a guide behind the last":         {Rows: 2, Guided: true, Without: 2, Logits: true},
		"noise without keys":              {Rows: 3, Pick: &backend.Pick{Temperature: 1}},
		"a negative top k":                {Rows: 3, Pick: &backend.Pick{TopK: -1}},
		"a top p above 1":                 {Rows: 3, Pick: &backend.Pick{TopP: 1.01}},
	} {
		if err := e.be.Begin(e.Context(), &backend.Pass{Asks: []backend.Ask{ask}}); err != nil {
			e.Fatal(err)
		}
		e.be.Head(w, x)
		if ans, err := e.be.End(e.Context()); err == nil || ans != nil {
			e.Errorf("%s: answer %v, error %v", name, ans, err)
		}
	}
	// A refused head leaves the backend working.
	e.head(w, x, &backend.Ask{Logits: true})
}
