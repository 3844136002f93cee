package score

import (
	"math"

	"llada/runtime/backend"
)

// fold adds the n rows from at on, those of one mask, to the record.
func (c *Comparer) fold(r *Record, it Item, rows [][]row, at, n int) {
	ref := rows[0][at : at+n]
	r.NLL = append(r.NLL, value(it, logProbs(ref)))
	refCandidates := candidates(ref)
	refFrontier := frontier(refCandidates, c.Frontier)
	bin := (n*Bins - 1) / it.Tokens()
	for i := range r.Sides {
		side, own := &r.Sides[i], rows[i+1][at:at+n]
		side.NLL = append(side.NLL, value(it, logProbs(own)))
		b := Bin{Positions: n, Masks: 1}
		for k, x := range own {
			b.KL += x.kl
			dp := math.Exp(x.logProb) - math.Exp(ref[k].logProb)
			b.Dp2 += dp * dp
			if x.candidate.Token == ref[k].candidate.Token {
				b.Top1++
			}
			side.KL.Add(x.kl)
			side.MaxKL = max(side.MaxKL, x.kl)
		}
		own2 := candidates(own)
		b.Frontier = overlap(refFrontier, refCandidates, frontier(own2, c.Frontier), own2)
		side.Bins[bin].add(b)
	}
}

func logProbs(rows []row) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = r.logProb
	}
	return out
}

func candidates(rows []row) []backend.Candidate {
	out := make([]backend.Candidate, len(rows))
	for i, r := range rows {
		out[i] = r.candidate
	}
	return out
}

// Difference folds records into what tells a candidate from the reference.
type Difference struct {
	Bins  [Bins]Bin
	MaxKL float64

	delta    Ratio // NELBO of the candidate minus the reference's, per token
	kl       Ratio // per position
	variance float64
	draws    int
	tokens   int
	sketch   Sketch
}

// Add takes candidate i of a record.
func (d *Difference) Add(r *Record, i int) {
	side := &r.Sides[i]
	if d.sketch == nil {
		d.sketch = Sketch{}
	}
	diff := make([]float64, len(r.NLL))
	for m := range diff {
		diff[m] = side.NLL[m] - r.NLL[m]
	}
	d.delta.Add(mean(diff), float64(r.Tokens))
	d.tokens += r.Tokens
	e := r.error(diff)
	d.variance += e * e
	d.draws = len(diff) / r.Group
	var all Bin
	for b := range side.Bins {
		d.Bins[b].add(side.Bins[b])
		all.add(side.Bins[b])
	}
	d.kl.Add(all.KL, float64(all.Positions))
	d.sketch.Merge(side.KL)
	d.MaxKL = max(d.MaxKL, side.MaxKL)
}

// Delta is the paired difference in nats per token, the candidate's bound minus
// the reference's.
func (d *Difference) Delta() float64 { return d.delta.Value() }

// DeltaError is the standard error of Delta, as Bound.Error is that of a bound.
func (d *Difference) DeltaError() float64 { return larger(d.delta.Error(), d.MaskError()) }

// DeltaInterval is that of Delta.
func (d *Difference) DeltaInterval() Interval {
	return around(d.Delta(), d.DeltaError(), d.Units(), math.Inf(-1))
}

// Documents is the number of items.
func (d *Difference) Documents() int { return d.delta.N }

// Units are what DeltaError is estimated from: documents, or the draws of masks of the
// only one.
func (d *Difference) Units() int { return units(d.delta.N, d.draws) }

// MaskError is the part of DeltaError that comes from the choice of masks.
func (d *Difference) MaskError() float64 { return math.Sqrt(d.variance) / float64(d.tokens) }

// KL is the mean divergence per masked position.
func (d *Difference) KL() float64 { return d.kl.Value() }

// KLError is the standard error of KL, the document being the unit.
func (d *Difference) KLError() float64 { return d.kl.Error() }

// KLInterval is that of KL, which is never below 0.
func (d *Difference) KLInterval() Interval { return around(d.KL(), d.KLError(), d.kl.N, 0) }

// KLQuantile is a quantile of the divergence over positions, within 0.8 %.
func (d *Difference) KLQuantile(q float64) float64 { return min(d.sketch.Quantile(q), d.MaxKL) }

// All is the sum over bins.
func (d *Difference) All() Bin {
	var all Bin
	for _, b := range d.Bins {
		all.add(b)
	}
	return all
}

// MeanKL is the mean divergence of a bin's positions.
func (b Bin) MeanKL() float64 { return b.KL / float64(b.Positions) }

// RMSDp is the root mean square of Δp of the true token.
func (b Bin) RMSDp() float64 { return math.Sqrt(b.Dp2 / float64(b.Positions)) }

// Top1Agreement is the share of positions with the same likeliest token.
func (b Bin) Top1Agreement() float64 { return float64(b.Top1) / float64(b.Positions) }

// FrontierAgreement is the mean over masks of the frontier's agreement.
func (b Bin) FrontierAgreement() float64 { return b.Frontier / float64(b.Masks) }
