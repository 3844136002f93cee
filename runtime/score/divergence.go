package score

import (
	"cmp"
	"math"
	"slices"

	"llada/runtime/backend"
)

// distribution is softmax of a row of logits and its logarithm's constant:
// log p_i = x_i − lse. p has room for the vocabulary.
func distribution(p []float64, x []float32) (lse float64) {
	most := float32(math.Inf(-1))
	for _, v := range x {
		most = max(most, v)
	}
	sum := 0.0
	for i, v := range x {
		p[i] = math.Exp(float64(v) - float64(most))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return float64(most) + math.Log(sum)
}

func logSumExp(x []float32) float64 {
	most := float32(math.Inf(-1))
	for _, v := range x {
		most = max(most, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v) - float64(most))
	}
	return float64(most) + math.Log(sum)
}

// divergence is KL(p‖q) in nats over the whole vocabulary, p being the
// distribution of logits x, q that of y:
//
//	Σ p_i · ((x_i − lse x) − (y_i − lse y))
//
// Rounding may leave it an ulp of the summands below 0; that counts as 0.
func divergence(p []float64, x []float32, lseX float64, y []float32, lseY float64) float64 {
	sum := 0.0
	for i, v := range p {
		if v != 0 { // NaN counts
			sum += v * ((float64(x[i]) - lseX) - (float64(y[i]) - lseY))
		}
	}
	return max(0, sum)
}

// frontier is the k most confident candidates of a mask, by index, the most
// confident first: what a sampler would commit next. Equals go to the first.
func frontier(c []backend.Candidate, k int) []int {
	order := make([]int, len(c))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(c[j].LogOdds, c[i].LogOdds) })
	return order[:min(k, len(order))]
}

// overlap is the share of a frontier that another has too, position and token.
func overlap(a []int, ca []backend.Candidate, b []int, cb []backend.Candidate) float64 {
	n := 0
	for _, i := range a {
		if slices.Contains(b, i) && ca[i].Token == cb[i].Token {
			n++
		}
	}
	return float64(n) / float64(len(a))
}
