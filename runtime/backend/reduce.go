package backend

import (
	"math"
	"slices"
)

// Guide combines conditional and unconditional logits in place:
// c = u + (g+1)·(c − u), every step rounded to float32.
func Guide(c, u []float32, g float32) {
	for i, v := range c {
		c[i] = u[i] + float32((g+1)*float32(v-u[i]))
	}
}

// Loops are the passes over a row of logits that take the time. A backend may
// bring its own, which may differ from the definition's in SumExp alone: log-odds
// must be within 1e-6.
type Loops struct {
	ArgMax func(x []float32) int                   // the lowest index of the greatest
	SumExp func(x []float32, most float32) float64 // Σ exp(x − most)
	// TopK lists the k greatest, 1 ≤ k ≤ len(x): the greatest first, the lowest
	// index first among equals, without NaN. The list may be valid only until the
	// next call.
	TopK func(x []float32, k int) []int32
}

// portable are the loops of the definition: exponentials and sum in float64.
var portable = Loops{
	TopK:   topK,
	ArgMax: func(x []float32) int { return int(ArgMax(x)) },
	SumExp: func(x []float32, most float32) float64 {
		sum := 0.0
		for _, v := range x {
			sum += math.Exp(float64(v) - float64(most))
		}
		return sum
	},
}

// Reduce fills row i of the answer from that row's logits, which it may change.
// It is the definition of Head's answers. Safe for concurrent rows.
func (a *Ask) Reduce(ans *Answer, i int, logits []float32) { a.ReduceBy(&portable, ans, i, logits) }

// ReduceBy is Reduce with a backend's own loops.
func (a *Ask) ReduceBy(by *Loops, ans *Answer, i int, logits []float32) {
	if a.Logits {
		ans.Logits[i] = slices.Clone(logits)
	}
	if a.Targets != nil {
		ans.LogProbs[i] = logProb(by.logOdds(logits, a.Targets[i]))
	}
	if a.Pick != nil {
		ans.Candidates[i] = a.Pick.choose(by, logits, i)
	}
}

func (p *Pick) choose(by *Loops, logits []float32, row int) Candidate {
	negInf := float32(math.Inf(-1))
	for _, id := range p.Forbid {
		logits[id] = negInf
	}
	hidden := make([]float32, len(p.Never))
	for i, id := range p.Never {
		hidden[i], logits[id] = logits[id], negInf
	}
	var tok int32
	switch {
	case p.Temperature > 0 && p.limited():
		tok = noisyAmong(logits, p.keep(by, logits), p.Temperature, p.Noise[row])
	case p.Temperature > 0:
		tok = noisyArgMax(logits, p.Temperature, p.Noise[row])
	default:
		tok = int32(by.ArgMax(logits))
	}
	for i, id := range slices.Backward(p.Never) { // backwards: an id may occur twice
		logits[id] = hidden[i]
	}
	for _, id := range p.Postpone {
		logits[id] = negInf
	}
	c := Candidate{Token: tok, LogOdds: by.logOdds(logits, tok)}
	if p.Margin || p.Entropy {
		d := newDistribution(logits)
		if p.Margin {
			c.Margin = d.margin(by.TopK(logits, min(2, len(logits))))
		}
		if p.Entropy {
			c.Entropy = d.entropy()
		}
	}
	return c
}

// ArgMax is the index of the greatest value, the lowest of equals.
func ArgMax(x []float32) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return int32(best)
}

// logOdds hides the token's own logit, so that a token near certainty loses
// nothing to cancellation.
func (by *Loops) logOdds(x []float32, t int32) float64 {
	own, negInf := x[t], float32(math.Inf(-1))
	if own == negInf {
		return math.Inf(-1)
	}
	x[t] = negInf
	defer func() { x[t] = own }()
	most := x[by.ArgMax(x)]
	if most == negInf {
		return math.Inf(1)
	}
	return float64(own) - (float64(most) + math.Log(by.SumExp(x, most)))
}

// logProb is −log1p(exp(−log-odds)), exact near 0.
func logProb(odds float64) float64 {
	if odds < 0 {
		return odds - math.Log1p(math.Exp(odds))
	}
	return -math.Log1p(math.Exp(-odds))
}
