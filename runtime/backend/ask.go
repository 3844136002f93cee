package backend

import (
	"fmt"
	"math"
)

// Ask says what of the logits of some rows is wanted. The vocabulary is wide
// (126 464 for LLaDA-8B), so that logits stay on the device and only the answer
// leaves it. With Guided, everything is about
//
//	u + (Guidance + 1)·(c − u)
//
// where c are the logits of rows [Row, Row+Rows) and u those of as many rows from
// Without on, which do not know the condition (classifier-free guidance,
// ML-GSAI/LLaDA:generate.py).
type Ask struct {
	Row, Rows int // of the asked rows of the pass

	Logits  bool    // every logit of every row
	Targets []int32 // log p of this token, per row
	Pick    *Pick   // a candidate per row

	Guided   bool
	Guidance float32
	Without  int
}

// Pick says how the candidate token of a row is chosen and how confidence in it
// is measured. The candidate is the argmax of the logits, plus Gumbel noise
// scaled by Temperature if that is above 0; ties go to the lowest id.
type Pick struct {
	Forbid   []int32 // logits −∞: neither chosen nor given probability
	Never    []int32 // never chosen, but keeps its share of the probability (the mask token)
	Postpone []int32 // −∞ after the choice, before the confidence
	// Temperature of the noise; 0 takes the most probable token.
	Temperature float64
	Noise       []Key // with Temperature > 0: the generator's key per row
	// With Temperature > 0 the argmax is over fewer tokens: the TopK most probable
	// (0: all), and of these the fewest whose probability under
	// softmax(logits/Temperature) exceeds TopP (0 and 1: all). Confidence is of all.
	TopK int
	TopP float64

	Margin  bool // also Candidate.Margin
	Entropy bool // also Candidate.Entropy
}

// Candidate is the token proposed for a row.
type Candidate struct {
	Token int32
	// LogOdds is log p/(1−p) of the token under the clean logits, in float64:
	// the confidence. It orders candidates as p does and does not saturate where
	// p rounds to 1. −∞ for a postponed token.
	LogOdds float64
	// Margin is the probability of the most probable token less that of the
	// second, under the same logits; Entropy that of their distribution, in nats.
	// 0 where the pick did not ask for them.
	Margin, Entropy float64
}

// Prob is the probability p of the token.
func (c Candidate) Prob() float64 { return 1 / (1 + math.Exp(-c.LogOdds)) }

// Answer is what Ask asked for; fields not asked for are nil.
type Answer struct {
	Logits     [][]float32 // [rows][vocab]
	LogProbs   []float64   // [rows], nats
	Candidates []Candidate // [rows]
}

// NewAnswer makes an answer with room for what is asked.
func (a *Ask) NewAnswer() Answer {
	var ans Answer
	if a.Logits {
		ans.Logits = make([][]float32, a.Rows)
	}
	if a.Targets != nil {
		ans.LogProbs = make([]float64, a.Rows)
	}
	if a.Pick != nil {
		ans.Candidates = make([]Candidate, a.Rows)
	}
	return ans
}

// Check reports an ask that does not fit n asked rows and a vocabulary.
func (a *Ask) Check(n, vocab int) error {
	outside := func(row int) bool { return row < 0 || row > n-a.Rows }
	switch {
	case a.Rows < 0 || outside(a.Row) || a.Guided && outside(a.Without):
		return fmt.Errorf("an ask about rows %d and %d, %d each, of %d", a.Row, a.Without, a.Rows, n)
	case a.Targets != nil && len(a.Targets) != a.Rows:
		return fmt.Errorf("%d targets for %d rows", len(a.Targets), a.Rows)
	}
	lists := [][]int32{a.Targets}
	if p := a.Pick; p != nil {
		lists = append(lists, p.Forbid, p.Never, p.Postpone)
		if p.Temperature > 0 && len(p.Noise) != a.Rows {
			return fmt.Errorf("%d noise keys for %d rows", len(p.Noise), a.Rows)
		}
		if p.TopK < 0 {
			return fmt.Errorf("the %d most probable tokens cannot be kept", p.TopK)
		}
		if !(p.TopP >= 0 && p.TopP <= 1) {
			return fmt.Errorf("tokens cannot have a probability of %v together", p.TopP)
		}
	}
	for _, ids := range lists {
		for _, id := range ids {
			if id < 0 || int(id) >= vocab {
				return fmt.Errorf("token %d is outside the vocabulary of %d", id, vocab)
			}
		}
	}
	return nil
}
