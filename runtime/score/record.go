package score

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// Record is what one item gave. It survives JSON to the last bit.
type Record struct {
	Index     int       `json:"index"`
	Tokens    int       `json:"tokens"`    // L
	Bytes     int       `json:"bytes"`     // of the text of those tokens
	Masked    int       `json:"masked"`    // positions over all masks
	Positions int       `json:"positions"` // run through the model
	Group     int       `json:"group"`     // masks that form one independent draw
	Seconds   float64   `json:"seconds"`
	NLL       []float64 `json:"nll"` // (L/l)·Σ −log p per mask
	Sides     []Side    `json:"sides,omitempty"`
}

// Check reports a record that no run gives of this item beside so many candidates.
func (r *Record) Check(it Item, candidates int) error {
	n := len(it.Masks)
	switch {
	case r.Tokens != it.Tokens() || len(r.NLL) != n:
		return fmt.Errorf("%d values about %d tokens, there are %d masks of %d", len(r.NLL), r.Tokens, n, it.Tokens())
	case r.Group < 1:
		return fmt.Errorf("masks in groups of %d", r.Group)
	case len(r.Sides) != candidates:
		return fmt.Errorf("%d candidates, there are %d", len(r.Sides), candidates)
	}
	for i := range r.Sides {
		if len(r.Sides[i].NLL) != n {
			return fmt.Errorf("%d values of candidate %d, there are %d masks", len(r.Sides[i].NLL), i, n)
		}
	}
	return nil
}

// Finite reports the first of the record's figures that is no number: which model,
// the reference being 0, and what it gave.
func (r *Record) Finite() error {
	if m := notFinite(r.NLL); m >= 0 {
		return &NotFiniteError{0, fmt.Sprintf("the bound under mask %d is %v", m, r.NLL[m])}
	}
	for i, s := range r.Sides {
		if m := notFinite(s.NLL); m >= 0 {
			return &NotFiniteError{i + 1, fmt.Sprintf("the bound under mask %d is %v", m, s.NLL[m])}
		}
		for _, b := range s.Bins {
			if notFinite([]float64{b.KL, b.Dp2, b.Frontier, s.MaxKL}) >= 0 {
				return &NotFiniteError{i + 1, "its divergence from the reference is no number"}
			}
		}
	}
	return nil
}

// notFinite is the index of the first value that is NaN or infinite, −1 without one.
func notFinite(values []float64) int {
	return slices.IndexFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// NotFiniteError is a figure of a model that is no number.
type NotFiniteError struct {
	Model int // 0: the reference, or the only one
	What  string
}

func (e *NotFiniteError) Error() string { return e.What }

// Score scores an item. group is how many consecutive masks were drawn
// together: 2 of pairs, a batch of the official estimator; 0 of masks of unknown
// origin, which are taken for pairs if they look it, else one by one.
func (s *Scorer) Score(ctx context.Context, it Item, group int) (*Record, error) {
	start := time.Now()
	values, err := s.Values(ctx, it)
	if err != nil {
		return nil, err
	}
	r := newRecord(it, group)
	r.NLL = values[0]
	if s.Guidance > 0 {
		r.Positions *= 2
	}
	r.Seconds = time.Since(start).Seconds()
	return r, nil
}

func newRecord(it Item, group int) *Record {
	if group == 0 {
		if group = 1; it.Paired() {
			group = 2
		}
	}
	r := &Record{Tokens: it.Tokens(), Masked: it.masked(), Group: group}
	for range it.distinct() {
		r.Positions += len(it.IDs)
	}
	return r
}

// error is the standard error of the item's mean over masks, whatever drew
// them; NaN where one draw cannot tell.
func (r *Record) error(values []float64) float64 {
	if r.Tokens == 1 {
		return 0 // every mask is the same
	}
	return meanError(values, r.Group)
}

// Bound folds records into the bound of all their items.
type Bound struct {
	Tokens, Masked int
	Bytes          int
	Positions      int
	Seconds        float64

	ratio    Ratio
	variance float64 // of Σ over items, from the masks alone
	draws    int     // of masks of the last item
}

// Add takes the values that a model gave on a record's item.
func (b *Bound) Add(r *Record, values []float64, seconds float64) {
	b.ratio.Add(mean(values), float64(r.Tokens))
	b.Tokens += r.Tokens
	b.Masked += r.Masked
	b.Bytes += r.Bytes
	b.Positions += r.Positions
	b.Seconds += seconds
	e := r.error(values)
	b.variance += e * e
	b.draws = len(values) / r.Group
}

// PerToken is the bound in nats per token.
func (b *Bound) PerToken() float64 { return b.ratio.Value() }

// Total is the bound of all tokens in nats.
func (b *Bound) Total() float64 { return b.ratio.Value() * float64(b.Tokens) }

// BitsPerByte is the bound in bits per byte of text; NaN without bytes.
func (b *Bound) BitsPerByte() float64 {
	if b.Bytes == 0 {
		return math.NaN()
	}
	return b.Total() / math.Ln2 / float64(b.Bytes)
}

// Error is the standard error of PerToken, the document being the unit, and never
// less than its part MaskError; of a single document it is that. NaN where neither
// can be told.
func (b *Bound) Error() float64 { return larger(b.ratio.Error(), b.MaskError()) }

// Interval is that of PerToken, which is never below 0.
func (b *Bound) Interval() Interval {
	return around(b.PerToken(), b.Error(), units(b.ratio.N, b.draws), 0)
}

// units are what an error is estimated from: documents, or the draws of masks of the
// only one.
func units(documents, draws int) int {
	if documents == 1 {
		return draws
	}
	return documents
}

// MaskError is the part of the error that more masks on the same documents
// would remove.
func (b *Bound) MaskError() float64 { return math.Sqrt(b.variance) / float64(b.Tokens) }

// Documents is the number of items.
func (b *Bound) Documents() int { return b.ratio.N }

// TokensPerSecond is positions through the model per second.
func (b *Bound) TokensPerSecond() float64 {
	if b.Seconds == 0 {
		return 0
	}
	return float64(b.Positions) / b.Seconds
}
