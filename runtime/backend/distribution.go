package backend

import "math"

// distribution is softmax of a row of logits, in float64.
type distribution struct {
	x      []float32
	most   float64
	sumExp float64 // Σ exp(x − most)
}

func newDistribution(x []float32) distribution {
	most := x[ArgMax(x)]
	return distribution{x, float64(most), portable.SumExp(x, most)}
}

func (d distribution) p(id int32) float64 {
	return math.Exp(float64(d.x[id])-d.most) / d.sumExp
}

// margin is what the first of the most probable tokens has above the second.
func (d distribution) margin(top []int32) float64 {
	switch len(top) {
	case 0:
		return 0
	case 1:
		return d.p(top[0])
	}
	return d.p(top[0]) - d.p(top[1])
}

// entropy is −Σ p·log p in nats, by log Σ exp(x − most) − Σ p·(x − most). Tokens of
// no probability count for nothing.
func (d distribution) entropy() float64 {
	sum := 0.0
	for _, v := range d.x {
		if y := float64(v) - d.most; !math.IsInf(y, -1) {
			sum += math.Exp(y) / d.sumExp * y
		}
	}
	return max(0, math.Log(d.sumExp)-sum)
}
