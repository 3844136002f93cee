package sample

import (
	"cmp"
	"math"
	"slices"

	"llada/runtime/backend"
)

// Candidate is the token proposed for a position.
type Candidate struct {
	Position int
	Token    int32
	// Confidence orders candidates: log-odds of the token, or a uniform number
	// with random remasking.
	Confidence float64
	// Margin and Entropy of the distribution, where the rule asked for them
	// (backend.Candidate).
	Margin, Entropy float64
}

// View is what a rule sees.
type View struct {
	Canvas []int32 // prompt and answer; to be read only
	Mask   int32
	Lo, Hi int // the block at hand; masks before it, of the prompt too, compete with its own
	Masks  int // masked positions of the block at its start
	Step   int // steps taken in the block before this one
}

// Masked lists the masked positions before the block's end.
func (v View) Masked() []int32 {
	var at []int32
	for i, id := range v.Canvas[:v.Hi] {
		if id == v.Mask {
			at = append(at, int32(i))
		}
	}
	return at
}

// Rule decides how the canvas changes. A rule belongs to one generation.
type Rule interface {
	// Want lists the positions whose candidates the step decides by, ascending,
	// and may add to what is asked about them. None: the step needs no pass.
	Want(v View, ask *backend.Ask) []int32
	// Decide turns candidates, in the order of positions and at least one, into
	// changes.
	Decide(v View, c []Candidate) []Change
	// Done reports, after a step's changes, whether the block is finished.
	Done(v View) bool
}

// byMasks is what rules share that decide by the masked positions, until none is
// left.
type byMasks struct{}

// Want asks for the masked positions.
func (byMasks) Want(v View, _ *backend.Ask) []int32 { return v.Masked() }

// Done waits for the last mask.
func (byMasks) Done(v View) bool { return len(v.Masked()) == 0 }

// commit makes candidates tokens, in the order given.
func commit(v View, c []Candidate, chosen []int) []Change {
	changes := make([]Change, len(chosen))
	for i, k := range chosen {
		changes[i] = Change{Position: c[k].Position, Old: v.Canvas[c[k].Position], New: c[k].Token}
	}
	return changes
}

// ranked is the order of c by confidence, the greatest first, ties by position.
func ranked(c []Candidate) []int {
	order := make([]int, len(c))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(c[j].Confidence, c[i].Confidence) })
	return order
}

// Quota is the official rule: a block's masks are spread over its steps as
// evenly as possible, the first steps taking one more, and each step commits
// the most confident (ML-GSAI/LLaDA:generate.py, get_num_transfer_tokens).
type Quota struct {
	byMasks
	PerBlock int
}

// Done counts the steps, whether masks are left or not.
func (q Quota) Done(v View) bool { return v.Step+1 == q.PerBlock }

// Decide takes the step's quota.
func (q Quota) Decide(v View, c []Candidate) []Change {
	n := v.Masks / q.PerBlock
	if v.Step < v.Masks%q.PerBlock {
		n++
	}
	return commit(v, c, ranked(c)[:min(n, len(c))])
}

// Threshold commits every candidate whose probability reaches P, and always
// the best (arXiv 2505.22618 §3.3; NVlabs/Fast-dLLM:llada/generate.py).
type Threshold struct {
	byMasks
	P float64
}

// Decide compares log-odds, which tell probabilities near 1 apart.
func (t Threshold) Decide(v View, c []Candidate) []Change {
	need := logOdds(t.P)
	order := ranked(c)
	n := 1
	for n < len(order) && c[order[n]].Confidence >= need {
		n++
	}
	return commit(v, c, order[:n])
}

// Factor commits the longest run of most confident candidates in which the
// n-th has a probability of at least 1 − F/(n+1), and always the best (arXiv
// 2505.22618 §3.3; inclusionAI/dInfer: get_transfer_index_dynamic).
type Factor struct {
	byMasks
	F float64
}

// Decide takes the rule as the paper states it. The published loop, if only the
// very last candidate fails, takes that one too.
func (f Factor) Decide(v View, c []Candidate) []Change {
	order := ranked(c)
	n := 1
	for n < len(order) && c[order[n]].Confidence >= logOdds(1-f.F/float64(n+2)) {
		n++
	}
	return commit(v, c, order[:n])
}

// logOdds is log p/(1−p); −∞ at or below 0, +∞ at or above 1.
func logOdds(p float64) float64 {
	switch {
	case p <= 0:
		return math.Inf(-1)
	case p >= 1:
		return math.Inf(1)
	}
	return math.Log(p) - math.Log1p(-p)
}
