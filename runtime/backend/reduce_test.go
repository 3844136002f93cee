package backend

import (
	"math"
	"math/big"
	"slices"
	"testing"
)

var inf = float32(math.Inf(1))

func TestGuide(t *testing.T) {
	for _, c := range []struct {
		name       string
		c, u, g, w float32
	}{
		{"none", 3, 1, 0, 3},
		{"two", 3, 1, 2, 7},
		{"against", 1, 3, 0.5, 0},
		{"equal", 5, 5, 9, 5},
		{"hidden", -inf, 0, 1, -inf},
	} {
		row := []float32{c.c, c.c}
		Guide(row, []float32{c.u, c.u}, c.g)
		if row[0] != c.w || row[1] != c.w {
			t.Errorf("%s: %v, want %v", c.name, row, c.w)
		}
	}
	// Three roundings: of the difference, of the product and of the sum.
	c, u, g := float32(1.1), float32(0.3), float32(0.7)
	d := float32(c - u)
	p := float32(float32(g+1) * d)
	row := []float32{c}
	Guide(row, []float32{u}, g)
	if want := float32(u + p); row[0] != want {
		t.Errorf("%v, want %v", row[0], want)
	}
}

func TestArgMax(t *testing.T) {
	for _, c := range []struct {
		name string
		x    []float32
		want int32
	}{
		{"last", []float32{1, 2, 3}, 2},
		{"a tie", []float32{1, 3, 2, 3, 3}, 1},
		{"all equal", []float32{7, 7, 7}, 0},
		{"zeros of both signs", []float32{float32(math.Copysign(0, -1)), 0}, 0},
		{"all hidden", []float32{-inf, -inf}, 0},
		{"first hidden", []float32{-inf, -5}, 1},
	} {
		if got := ArgMax(c.x); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestLogProb(t *testing.T) {
	x := []float32{1, 2, 3, -40, -inf}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v))
	}
	for i, v := range x {
		want := float64(v) - math.Log(sum)
		got := LogProb(x, int32(i))
		if math.Abs(got-want) > 1e-14*math.Abs(want) && got != want {
			t.Errorf("token %d: log p = %v, want %v", i, got, want)
		}
		odds := LogOdds(x, int32(i))
		p := math.Exp(want)
		if d := math.Abs(odds - math.Log(p/(1-p))); d > 1e-12 && got != math.Inf(-1) {
			t.Errorf("token %d: log-odds %v for p = %v", i, odds, p)
		}
		if c := (Candidate{LogOdds: odds}); math.Abs(c.Prob()-p) > 1e-15 {
			t.Errorf("token %d: p = %v, want %v", i, c.Prob(), p)
		}
	}
	if got := LogProb([]float32{4}, 0); got != 0 {
		t.Errorf("the only token has log p = %v", got)
	}
}

// Near 1 log p is the probability of the others, to full precision.
func TestLogProbNearOne(t *testing.T) {
	for _, gap := range []float32{20, 40, 60, 80} {
		x := []float32{0, gap, 0, 0}
		// −log(1 + 3e^−gap) in big arithmetic: −y + y²/2 − … with tiny y.
		y := big.NewFloat(3 * math.Exp(-float64(gap)))
		half := new(big.Float).Mul(y, y)
		half.Quo(half, big.NewFloat(2))
		want, _ := new(big.Float).Sub(half, y).Float64()
		if got := LogProb(x, 1); math.Abs(got-want) > 1e-13*math.Abs(want) {
			t.Errorf("gap %v: log p = %v, want %v", gap, got, want)
		}
	}
}

// Candidates whose probabilities all round to 1 keep their order.
func TestLogOddsDoNotSaturate(t *testing.T) {
	last := math.Inf(-1)
	for gap := float32(28); gap < 300; gap += 0.5 {
		x := make([]float32, 1000)
		x[17] = gap
		c := Candidate{17, LogOdds(x, 17)}
		if gap > 45 && c.Prob() != 1 {
			t.Fatalf("gap %v: p = %v does not round to 1", gap, c.Prob())
		}
		if c.LogOdds <= last {
			t.Fatalf("gap %v: log-odds %v after %v", gap, c.LogOdds, last)
		}
		last = c.LogOdds
	}
	// A difference only in one of the others, 1e-6 of a logit.
	x, y := []float32{60, 1, 0}, []float32{60, 1.000001, 0}
	if a, b := LogOdds(x, 0), LogOdds(y, 0); a <= b {
		t.Errorf("log-odds %v and %v", a, b)
	}
}

func TestPick(t *testing.T) {
	// p of the tokens: 3 is the most probable, then 1, 0, 2.
	logits := []float32{1, 2, 0, 4}
	without := func(hidden ...int32) []float32 {
		x := slices.Clone(logits)
		for _, id := range hidden {
			x[id] = -inf
		}
		return x
	}
	for _, c := range []struct {
		name string
		pick Pick
		want Candidate
	}{
		{"plain", Pick{}, Candidate{3, LogOdds(logits, 3)}},
		{"forbidden tokens have no probability", Pick{Forbid: []int32{3}}, Candidate{1, LogOdds(without(3), 1)}},
		{"unchosen tokens keep theirs", Pick{Never: []int32{3}}, Candidate{1, LogOdds(logits, 1)}},
		{"unchosen twice", Pick{Never: []int32{3, 3}}, Candidate{1, LogOdds(logits, 1)}},
		{"postponed tokens are chosen without confidence", Pick{Postpone: []int32{3}}, Candidate{3, math.Inf(-1)}},
		{"postponing another takes its probability", Pick{Postpone: []int32{1}}, Candidate{3, LogOdds(without(1), 3)}},
		{"forbidden and unchosen", Pick{Forbid: []int32{3}, Never: []int32{1, 3}}, Candidate{0, LogOdds(without(3), 0)}},
		{"all three", Pick{Forbid: []int32{3}, Never: []int32{1}, Postpone: []int32{2}}, Candidate{0, LogOdds(without(3, 2), 0)}},
	} {
		ask := &Ask{Pick: &c.pick}
		ans := ask.NewAnswer(1)
		ask.Reduce(ans, 0, slices.Clone(logits))
		if ans.Candidates[0] != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, ans.Candidates[0], c.want)
		}
	}
}

// Noise chooses the token; confidence is of the clean logits.
func TestPickWithNoise(t *testing.T) {
	logits := []float32{1, 2, 0, 4}
	seen := map[int32]bool{}
	for i := range uint64(200) {
		ask := &Ask{Pick: &Pick{Temperature: 2, Noise: []Key{NewKey(7, i)}, Never: []int32{2}}}
		ans := ask.NewAnswer(1)
		ask.Reduce(ans, 0, slices.Clone(logits))
		c := ans.Candidates[0]
		seen[c.Token] = true
		if c.LogOdds != LogOdds(logits, c.Token) {
			t.Fatalf("token %d has log-odds %v, want %v", c.Token, c.LogOdds, LogOdds(logits, c.Token))
		}
	}
	if seen[2] || !seen[0] || !seen[1] || !seen[3] {
		t.Errorf("drawn tokens: %v", seen)
	}
}

// What is reported does not depend on what else is asked.
func TestReduceKeepsQuestionsApart(t *testing.T) {
	logits := []float32{1, 2, 0, 4}
	ask := &Ask{Logits: true, Targets: []int32{3}, Pick: &Pick{Forbid: []int32{3}, Postpone: []int32{1}}}
	ans := ask.NewAnswer(1)
	ask.Reduce(ans, 0, slices.Clone(logits))
	if !slices.Equal(ans.Logits[0], logits) {
		t.Errorf("logits %v, want %v", ans.Logits[0], logits)
	}
	if want := LogProb(logits, 3); ans.LogProbs[0] != want {
		t.Errorf("log p %v, want %v", ans.LogProbs[0], want)
	}
}
