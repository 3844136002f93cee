package sample

import (
	"cmp"
	"math"
	"slices"
)

// Candidate is the token proposed for a masked position.
type Candidate struct {
	Position int
	Token    int32
	// Confidence orders candidates: log-odds of the token, or a uniform number
	// with random remasking.
	Confidence float64
}

// State is where a block stands when a strategy decides.
type State struct {
	Masks int // masked positions of the block at its start
	Step  int // steps taken in the block before this one
}

// Strategy decides which candidates become tokens now.
type Strategy interface {
	// Steps is how many steps a block takes; 0: until it holds no mask.
	Steps() int
	// Choose returns indices into c, which is ordered by position and not empty.
	// A strategy without a number of steps returns at least one.
	Choose(s State, c []Candidate) []int
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
type Quota struct{ PerBlock int }

// Steps is the number of steps per block.
func (q Quota) Steps() int { return q.PerBlock }

// Choose takes the step's quota.
func (q Quota) Choose(s State, c []Candidate) []int {
	n := s.Masks / q.PerBlock
	if s.Step < s.Masks%q.PerBlock {
		n++
	}
	return ranked(c)[:min(n, len(c))]
}

// Threshold commits every candidate whose probability reaches P, and always
// the best (arXiv 2505.22618 §3.3; NVlabs/Fast-dLLM:llada/generate.py).
type Threshold struct{ P float64 }

// Steps is 0: until no mask is left.
func (Threshold) Steps() int { return 0 }

// Choose compares log-odds, which tell probabilities near 1 apart.
func (t Threshold) Choose(_ State, c []Candidate) []int {
	need := logOdds(t.P)
	order := ranked(c)
	n := 1
	for n < len(order) && c[order[n]].Confidence >= need {
		n++
	}
	return order[:n]
}

// Factor commits the longest run of most confident candidates in which the
// n-th has a probability of at least 1 − F/(n+1), and always the best (arXiv
// 2505.22618 §3.3; inclusionAI/dInfer: get_transfer_index_dynamic).
type Factor struct{ F float64 }

// Steps is 0: until no mask is left.
func (Factor) Steps() int { return 0 }

// Choose takes the rule as the paper states it. The published loop, if only the
// very last candidate fails, takes that one too.
func (f Factor) Choose(_ State, c []Candidate) []int {
	order := ranked(c)
	n := 1
	for n < len(order) && c[order[n]].Confidence >= logOdds(1-f.F/float64(n+2)) {
		n++
	}
	return order[:n]
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
