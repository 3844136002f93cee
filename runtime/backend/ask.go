package backend

import (
	"fmt"
	"math"
)

// Ask says what of the logits is wanted. The vocabulary is wide (126 464 for
// LLaDA-8B), so that logits stay on the device and only the answer leaves it.
// Rows of the answer are rows of Head's input, or pairs of them: with Guided,
// input rows n+i are the unconditional ones of rows i, and everything is about
//
//	u + (Guidance + 1)·(c − u)
//
// (classifier-free guidance, ML-GSAI/LLaDA:generate.py).
type Ask struct {
	Logits   bool    // every logit of every row
	Targets  []int32 // log p of this token, per row
	Pick     *Pick   // a candidate per row
	Guided   bool
	Guidance float32
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
}

// Candidate is the token proposed for a row.
type Candidate struct {
	Token int32
	// LogOdds is log p/(1−p) of the token under the clean logits, in float64:
	// the confidence. It orders candidates as p does and does not saturate where
	// p rounds to 1. −∞ for a postponed token.
	LogOdds float64
}

// Prob is the probability p of the token.
func (c Candidate) Prob() float64 { return 1 / (1 + math.Exp(-c.LogOdds)) }

// Answer is what Ask asked for; fields not asked for are nil.
type Answer struct {
	Logits     [][]float32 // [rows][vocab]
	LogProbs   []float64   // [rows], nats
	Candidates []Candidate // [rows]
}

// Rows is how many rows an answer about n input rows has.
func (a *Ask) Rows(n int) int {
	if a.Guided {
		return n / 2
	}
	return n
}

// NewAnswer makes an answer with room for what is asked about n input rows.
func (a *Ask) NewAnswer(n int) *Answer {
	rows, ans := a.Rows(n), &Answer{}
	if a.Logits {
		ans.Logits = make([][]float32, rows)
	}
	if a.Targets != nil {
		ans.LogProbs = make([]float64, rows)
	}
	if a.Pick != nil {
		ans.Candidates = make([]Candidate, rows)
	}
	return ans
}

// Check reports an ask that does not fit n input rows and a vocabulary.
func (a *Ask) Check(n, vocab int) error {
	rows := a.Rows(n)
	if a.Guided && n%2 != 0 {
		return fmt.Errorf("guidance needs pairs of rows, found %d", n)
	}
	if a.Targets != nil && len(a.Targets) != rows {
		return fmt.Errorf("%d targets for %d rows", len(a.Targets), rows)
	}
	lists := [][]int32{a.Targets}
	if p := a.Pick; p != nil {
		lists = append(lists, p.Forbid, p.Never, p.Postpone)
		if p.Temperature > 0 && len(p.Noise) != rows {
			return fmt.Errorf("%d noise keys for %d rows", len(p.Noise), rows)
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
