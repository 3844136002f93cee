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

// Reduce fills row i of the answer from that row's logits, which it may change.
// It is the definition of Head's answers. Safe for concurrent rows.
func (a *Ask) Reduce(ans *Answer, i int, logits []float32) {
	if a.Logits {
		ans.Logits[i] = slices.Clone(logits)
	}
	if a.Targets != nil {
		ans.LogProbs[i] = LogProb(logits, a.Targets[i])
	}
	if a.Pick != nil {
		ans.Candidates[i] = a.Pick.choose(logits, i)
	}
}

func (p *Pick) choose(logits []float32, row int) Candidate {
	negInf := float32(math.Inf(-1))
	for _, id := range p.Forbid {
		logits[id] = negInf
	}
	hidden := make([]float32, len(p.Never))
	for i, id := range p.Never {
		hidden[i], logits[id] = logits[id], negInf
	}
	var tok int32
	if p.Temperature > 0 {
		tok = noisyArgMax(logits, p.Temperature, p.Noise[row])
	} else {
		tok = ArgMax(logits)
	}
	for i, id := range slices.Backward(p.Never) { // backwards: an id may occur twice
		logits[id] = hidden[i]
	}
	for _, id := range p.Postpone {
		logits[id] = negInf
	}
	return Candidate{Token: tok, LogOdds: LogOdds(logits, tok)}
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

// noisyArgMax samples from softmax(x/t): argmax of x + t·Gumbel in float64
// (arXiv 2409.02908: less precision silently lowers the temperature).
func noisyArgMax(x []float32, t float64, key Key) int32 {
	best, bestValue := 0, math.Inf(-1)
	for i, v := range x {
		if math.IsInf(float64(v), -1) {
			continue
		}
		if y := float64(v) - float64(t*math.Log(-math.Log(key.Uniform(uint64(i))))); y > bestValue {
			best, bestValue = i, y
		}
	}
	return int32(best)
}

// others is log Σ exp(x) over every index but t, in float64.
func others(x []float32, t int32) float64 {
	most := math.Inf(-1)
	for i, v := range x {
		if int32(i) != t {
			most = max(most, float64(v))
		}
	}
	if math.IsInf(most, -1) {
		return most
	}
	sum := 0.0
	for i, v := range x {
		if int32(i) != t {
			sum += math.Exp(float64(v) - most)
		}
	}
	return most + math.Log(sum)
}

// LogOdds is log p/(1−p) of token t: its logit minus the log-sum-exp of the
// others. −∞ where its logit is.
func LogOdds(x []float32, t int32) float64 {
	if math.IsInf(float64(x[t]), -1) {
		return math.Inf(-1)
	}
	return float64(x[t]) - others(x, t)
}

// LogProb is log p of token t in nats: −log1p(exp(−log-odds)), exact near 0.
func LogProb(x []float32, t int32) float64 {
	o := LogOdds(x, t)
	if o < 0 {
		return o - math.Log1p(math.Exp(o))
	}
	return -math.Log1p(math.Exp(-o))
}
