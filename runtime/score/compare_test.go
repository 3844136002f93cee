package score

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"llada/runtime/backend"
)

func comparer(ref *fake, others ...*fake) *Comparer {
	c := &Comparer{Reference: ref, MaskID: ref.mask, Frontier: 2, Threads: 3}
	for _, o := range others {
		c.Candidates = append(c.Candidates, o)
	}
	return c
}

func noisy(amount float64) *fake {
	f := newFake()
	f.noise, f.noisy = amount, 9
	return f
}

// A model beside itself: no difference at all, to the last bit.
func TestCompareWithItself(t *testing.T) {
	f := newFake()
	var d Difference
	for i := range uint64(5) {
		r, err := comparer(f, f).Compare(t.Context(), NewItem(f.text(i, 40), 0, Pairs(1, i, 40, 6)), 2)
		if err != nil {
			t.Fatal(err)
		}
		d.Add(r, 0)
	}
	all := d.All()
	if d.Delta() != 0 || d.DeltaError() != 0 || d.MaskError() != 0 || d.KL() != 0 || d.KLError() != 0 ||
		d.MaxKL != 0 || d.KLQuantile(0.99) != 0 || all.RMSDp() != 0 || all.Top1Agreement() != 1 || all.FrontierAgreement() != 1 {
		t.Errorf("delta %v ± %v, KL %v ± %v, max %v, %+v", d.Delta(), d.DeltaError(), d.KL(), d.KLError(), d.MaxKL, all)
	}
}

// Every figure against its definition, from whole rows of logits.
func TestCompareByDefinition(t *testing.T) {
	ref, cand := newFake(), noisy(2)
	ids := ref.text(3, 30)
	it := NewItem(ids, 4, Pairs(2, 0, 26, 6))
	it.Masks = append(it.Masks, sorted([]int32{4, 5, 9}), sorted([]int32{4, 5, 9}), sorted([]int32{4, 5, 9}))
	r, err := comparer(ref, cand).Compare(t.Context(), it, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kl, most, dp2, top, front float64
	positions := 0
	for m, mask := range it.Masks {
		seq := it.hidden(mask, ref.mask)
		best := [2][]backend.Candidate{}
		for _, p := range mask {
			x, y := ref.logits(seq.IDs, p), cand.logits(seq.IDs, p)
			sum := 0.0
			for v := range x {
				lp, lq := logProb(x, int32(v)), logProb(y, int32(v))
				sum += math.Exp(lp) * (lp - lq)
			}
			kl, most = kl+sum, max(most, sum)
			d := math.Exp(logProb(y, ids[p])) - math.Exp(logProb(x, ids[p]))
			dp2 += d * d
			for i, row := range [][]float32{x, y} {
				ask := &backend.Ask{Rows: 1, Pick: &backend.Pick{Never: []int32{ref.mask}}}
				ans := ask.NewAnswer()
				ask.Reduce(&ans, 0, row)
				best[i] = append(best[i], ans.Candidates[0])
			}
			if k := len(best[0]) - 1; best[0][k].Token == best[1][k].Token {
				top++
			}
			positions++
		}
		a, b := frontier(best[0], 2), frontier(best[1], 2)
		front += overlap(a, best[0], b, best[1])
		for i, f := range []*fake{ref, cand} {
			v, err := scorer(f).Values(t.Context(), Item{ids, 4, [][]int32{mask}})
			if err != nil {
				t.Fatal(err)
			}
			if got := [][]float64{r.NLL, r.Sides[0].NLL}[i][m]; got != v[0][0] {
				t.Errorf("mask %d: value %v, alone %v", m, got, v[0][0])
			}
		}
	}
	var d Difference
	d.Add(r, 0)
	all := d.All()
	n := float64(positions)
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"positions", float64(all.Positions), n}, {"masks", float64(all.Masks), float64(len(it.Masks))},
		{"KL", d.KL(), kl / n}, {"the greatest KL", d.MaxKL, most}, {"RMS Δp", all.RMSDp(), math.Sqrt(dp2 / n)},
		{"top-1", all.Top1Agreement(), top / n}, {"frontier", all.FrontierAgreement(), front / float64(len(it.Masks))},
	} {
		if !(math.Abs(c.got-c.want) <= 1e-12*(1+c.want)) {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	if all.Top1Agreement() == 1 || all.FrontierAgreement() == 1 || d.KL() < 1e-3 {
		t.Error("the noise changes nothing: the test shows nothing")
	}
}

// A mask's bin holds ratios up to and including its end.
func TestBins(t *testing.T) {
	f := newFake()
	it := Item{IDs: f.text(1, 16)}
	for l := 1; l <= 16; l++ {
		var m []int32
		for p := range int32(l) {
			m = append(m, p)
		}
		it.Masks = append(it.Masks, m)
	}
	r, err := comparer(f, f).Compare(t.Context(), it, 1)
	if err != nil {
		t.Fatal(err)
	}
	for b, x := range r.Sides[0].Bins {
		if x.Masks != 2 || x.Positions != (2*b+1)+(2*b+2) {
			t.Errorf("bin %d: %d masks, %d positions", b, x.Masks, x.Positions)
		}
	}
}

// Neither the number of workers nor JSON changes a record.
func TestRecordIsExact(t *testing.T) {
	ref, cand := newFake(), noisy(1)
	it := NewItem(ref.text(3, 50), 0, Pairs(2, 0, 50, 8))
	var records []*Record
	for _, threads := range []int{1, 2, 7} {
		c := comparer(ref, cand)
		c.Threads = threads
		r, err := c.Compare(t.Context(), it, 2)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		again := &Record{}
		if err := json.Unmarshal(data, again); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(r, again) {
			t.Error("a record differs after JSON")
		}
		r.Seconds, r.Sides[0].Seconds = 0, 0
		records = append(records, r)
	}
	if !reflect.DeepEqual(records[0], records[1]) || !reflect.DeepEqual(records[0], records[2]) {
		t.Error("records depend on the number of workers")
	}
}

func TestCompareRefusesOtherVocabularies(t *testing.T) {
	f, g := newFake(), newFake()
	g.vocab = 8
	if _, err := comparer(f, g).Compare(t.Context(), NewItem(f.text(1, 9), 0, Pairs(1, 1, 9, 2)), 2); err == nil {
		t.Error("no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := comparer(f, f).Compare(ctx, NewItem(f.text(1, 9), 0, Pairs(1, 1, 9, 2)), 2); err != context.Canceled {
		t.Errorf("error %v after cancellation", err)
	}
}
