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
		got := logProbOf(x, int32(i))
		if math.Abs(got-want) > 1e-14*math.Abs(want) && got != want {
			t.Errorf("token %d: log p = %v, want %v", i, got, want)
		}
		odds := portable.logOdds(x, int32(i))
		p := math.Exp(want)
		if d := math.Abs(odds - math.Log(p/(1-p))); d > 1e-12 && got != math.Inf(-1) {
			t.Errorf("token %d: log-odds %v for p = %v", i, odds, p)
		}
		if c := (Candidate{LogOdds: odds}); math.Abs(c.Prob()-p) > 1e-15 {
			t.Errorf("token %d: p = %v, want %v", i, c.Prob(), p)
		}
	}
	if got := logProbOf([]float32{4}, 0); got != 0 {
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
		if got := logProbOf(x, 1); math.Abs(got-want) > 1e-13*math.Abs(want) {
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
		c := Candidate{Token: 17, LogOdds: portable.logOdds(x, 17)}
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
	if a, b := portable.logOdds(x, 0), portable.logOdds(y, 0); a <= b {
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
		{"plain", Pick{}, Candidate{Token: 3, LogOdds: portable.logOdds(logits, 3)}},
		{"forbidden tokens have no probability", Pick{Forbid: []int32{3}}, Candidate{Token: 1, LogOdds: portable.logOdds(without(3), 1)}},
		{"unchosen tokens keep theirs", Pick{Never: []int32{3}}, Candidate{Token: 1, LogOdds: portable.logOdds(logits, 1)}},
		{"unchosen twice", Pick{Never: []int32{3, 3}}, Candidate{Token: 1, LogOdds: portable.logOdds(logits, 1)}},
		{"postponed tokens are chosen without confidence", Pick{Postpone: []int32{3}}, Candidate{Token: 3, LogOdds: math.Inf(-1)}},
		{"postponing another takes its probability", Pick{Postpone: []int32{1}}, Candidate{Token: 3, LogOdds: portable.logOdds(without(1), 3)}},
		{"forbidden and unchosen", Pick{Forbid: []int32{3}, Never: []int32{1, 3}}, Candidate{Token: 0, LogOdds: portable.logOdds(without(3), 0)}},
		{"all three", Pick{Forbid: []int32{3}, Never: []int32{1}, Postpone: []int32{2}}, Candidate{Token: 0, LogOdds: portable.logOdds(without(3, 2), 0)}},
	} {
		ask := &Ask{Rows: 1, Pick: &c.pick}
		ans := ask.NewAnswer()
		ask.Reduce(&ans, 0, slices.Clone(logits))
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
		ask := &Ask{Rows: 1, Pick: &Pick{Temperature: 2, Noise: []Key{NewKey(7, i)}, Never: []int32{2}}}
		ans := ask.NewAnswer()
		ask.Reduce(&ans, 0, slices.Clone(logits))
		c := ans.Candidates[0]
		seen[c.Token] = true
		if c.LogOdds != portable.logOdds(logits, c.Token) {
			t.Fatalf("token %d has log-odds %v, want %v", c.Token, c.LogOdds, portable.logOdds(logits, c.Token))
		}
	}
	if seen[2] || !seen[0] || !seen[1] || !seen[3] {
		t.Errorf("drawn tokens: %v", seen)
	}
}

// What is reported does not depend on what else is asked.
func TestReduceKeepsQuestionsApart(t *testing.T) {
	logits := []float32{1, 2, 0, 4}
	ask := &Ask{Rows: 1, Logits: true, Targets: []int32{3}, Pick: &Pick{Forbid: []int32{3}, Postpone: []int32{1}}}
	ans := ask.NewAnswer()
	ask.Reduce(&ans, 0, slices.Clone(logits))
	if !slices.Equal(ans.Logits[0], logits) {
		t.Errorf("logits %v, want %v", ans.Logits[0], logits)
	}
	if want := logProbOf(logits, 3); ans.LogProbs[0] != want {
		t.Errorf("log p %v, want %v", ans.LogProbs[0], want)
	}
}

func logProbOf(x []float32, t int32) float64 { return logProb(portable.logOdds(x, t)) }

// Margin and entropy are of the distribution that confidence is of.
func TestMarginAndEntropy(t *testing.T) {
	logits := []float32{1, 2, 0, 4, -3}
	for _, c := range []struct {
		name string
		pick Pick
		gone []int32
	}{
		{"plain", Pick{}, nil},
		{"unchosen tokens count", Pick{Never: []int32{3}}, nil},
		{"forbidden ones do not", Pick{Forbid: []int32{3, 4}}, []int32{3, 4}},
		{"nor postponed ones", Pick{Postpone: []int32{1}}, []int32{1}},
		{"one token left", Pick{Forbid: []int32{0, 1, 2, 4}}, []int32{0, 1, 2, 4}},
	} {
		p, sum := map[int32]float64{}, 0.0
		for id, x := range logits {
			if !slices.Contains(c.gone, int32(id)) {
				p[int32(id)] = math.Exp(float64(x))
				sum += p[int32(id)]
			}
		}
		var sorted []float64
		entropy := 0.0
		for _, v := range p {
			sorted = append(sorted, v/sum)
			entropy -= v / sum * math.Log(v/sum)
		}
		sorted = append(sorted, 0)
		slices.Sort(sorted)
		margin := sorted[len(sorted)-1] - sorted[len(sorted)-2]
		c.pick.Margin, c.pick.Entropy = true, true
		ask := Ask{Rows: 1, Pick: &c.pick}
		ans := ask.NewAnswer()
		ask.Reduce(&ans, 0, slices.Clone(logits))
		got := ans.Candidates[0]
		if !(math.Abs(got.Margin-margin) <= 1e-14 && math.Abs(got.Entropy-entropy) <= 1e-14) {
			t.Errorf("%s: margin %v, entropy %v; want %v, %v", c.name, got.Margin, got.Entropy, margin, entropy)
		}
		c.pick.Margin, c.pick.Entropy = false, false
		ans = ask.NewAnswer()
		ask.Reduce(&ans, 0, slices.Clone(logits))
		if got := ans.Candidates[0]; got.Margin != 0 || got.Entropy != 0 {
			t.Errorf("%s: %+v holds what was not asked", c.name, got)
		}
	}
}
