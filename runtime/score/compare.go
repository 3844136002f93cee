package score

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"llada/runtime/backend"
	"llada/runtime/model"
)

// Bins is the number of equal ranges of the mask ratio l/L that figures are
// kept by: bin b holds ratios in (b/Bins, (b+1)/Bins].
const Bins = 8

// Bin holds what a candidate did under masks of one range of ratios, or of all.
type Bin struct {
	Positions int     `json:"positions"`
	KL        float64 `json:"kl"`   // Σ over positions, nats
	Dp2       float64 `json:"dp2"`  // Σ (Δp of the true token)²
	Top1      int     `json:"top1"` // positions where the likeliest token is the same
	Masks     int     `json:"masks"`
	Frontier  float64 `json:"frontier"` // Σ over masks of the frontier's agreement
}

func (b *Bin) add(o Bin) {
	b.Positions += o.Positions
	b.KL += o.KL
	b.Dp2 += o.Dp2
	b.Top1 += o.Top1
	b.Masks += o.Masks
	b.Frontier += o.Frontier
}

// Side is what a candidate did on one item beside the reference.
type Side struct {
	NLL     []float64 `json:"nll"` // per mask, like the reference's
	Bins    [Bins]Bin `json:"bins"`
	KL      Sketch    `json:"kl"` // of every position
	MaxKL   float64   `json:"max_kl"`
	Seconds float64   `json:"seconds"`
}

// Comparer runs a reference and candidates in lockstep, so that whole
// distributions are compared and none is kept.
type Comparer struct {
	Reference  model.Holder
	Candidates []model.Holder
	MaskID     int32
	Frontier   int // k of the frontier agreement
	Threads    int // workers over rows; results do not depend on it
}

// lockRows is how many rows of logits of each model are held at a time.
const lockRows = 64

// row is what a model says about one masked position.
type row struct {
	candidate backend.Candidate
	logProb   float64 // of the true token
	kl        float64
}

// Compare scores an item with every model under the same masks.
func (c *Comparer) Compare(ctx context.Context, it Item, group int) (*Record, error) {
	r := newRecord(it, group)
	r.Sides = make([]Side, len(c.Candidates))
	for i := range r.Sides {
		r.Sides[i].KL = Sketch{}
	}
	var masks []int
	var seqs []model.Seq
	for m := range it.distinct() {
		masks, seqs = append(masks, m), append(seqs, it.hidden(it.Masks[m], c.MaskID))
	}
	for lo, hi := range model.Passes(seqs) {
		rows, err := c.pass(ctx, it, masks[lo:hi], seqs[lo:hi], r)
		if err != nil {
			return nil, err
		}
		at := 0
		for _, m := range masks[lo:hi] {
			n := len(it.Masks[m])
			c.fold(r, it, rows, at, n)
			for m++; m < len(it.Masks) && it.repeats(m); m++ {
				c.fold(r, it, rows, at, n)
			}
			at += n
		}
	}
	return r, nil
}

// pass computes rows[model][position] of some masks, the reference first.
func (c *Comparer) pass(ctx context.Context, it Item, masks []int, seqs []model.Seq, r *Record) ([][]row, error) {
	var targets []int32
	for _, m := range masks {
		targets = append(targets, it.targets(it.Masks[m])...)
	}
	models := append([]model.Holder{c.Reference}, c.Candidates...)
	held := make([]model.Rows, len(models))
	rows := make([][]row, len(models))
	for i, m := range models {
		start := time.Now()
		h, err := m.Hold(ctx, seqs)
		if err != nil {
			return nil, err
		}
		held[i], rows[i] = h, make([]row, len(targets))
		*c.clock(r, i) += time.Since(start).Seconds()
	}
	answers := make([]backend.Answer, len(models))
	for lo := 0; lo < len(targets); lo += lockRows {
		n := min(lockRows, len(targets)-lo)
		ask := backend.Ask{Row: lo, Rows: n, Logits: true, Targets: targets[lo : lo+n], Pick: &backend.Pick{Never: []int32{c.MaskID}}}
		for i, h := range held {
			start := time.Now()
			ans, err := h.Answer(ctx, []backend.Ask{ask})
			if err != nil {
				return nil, err
			}
			answers[i] = ans[0]
			for k := range n {
				rows[i][lo+k] = row{candidate: ans[0].Candidates[k], logProb: ans[0].LogProbs[k]}
			}
			*c.clock(r, i) += time.Since(start).Seconds()
		}
		if err := c.divergences(answers, rows, lo); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// clock is where the time of model i is counted, the reference being 0.
func (c *Comparer) clock(r *Record, i int) *float64 {
	if i == 0 {
		return &r.Seconds
	}
	return &r.Sides[i-1].Seconds
}

// divergences fills in the KL divergence of rows from lo on.
func (c *Comparer) divergences(answers []backend.Answer, rows [][]row, lo int) error {
	ref := answers[0].Logits
	vocab := len(ref[0])
	for _, a := range answers {
		if len(a.Logits[0]) != vocab {
			return fmt.Errorf("a vocabulary of %d cannot be compared with one of %d", len(a.Logits[0]), vocab)
		}
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(max(1, c.Threads), len(ref)) {
		wg.Go(func() {
			p := make([]float64, vocab)
			for {
				k := int(next.Add(1)) - 1
				if k >= len(ref) {
					return
				}
				lse := distribution(p, ref[k])
				for i, a := range answers[1:] {
					rows[i+1][lo+k].kl = divergence(p, ref[k], lse, a.Logits[k], logSumExp(a.Logits[k]))
				}
			}
		})
	}
	wg.Wait()
	return nil
}
