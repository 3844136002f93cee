package score

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Of few windows, and of one window's masks, the interval contains the long-run value
// in at least 92 %, for bounds and for paired differences; it respects bounds, and the
// error of the masks is never more than the whole.
func TestSmallSamples(t *testing.T) {
	const windows, seeds, length, samples, times = 150, 8, 16, 4, 1500
	ref := newFake()
	text := population(ref, windows, length)
	c := comparer(ref, noisy(1.5))
	records := make([][]*Record, windows) // of every window under several masks
	all := func(of []*Record) (*Bound, *Difference) {
		b, d := &Bound{}, &Difference{}
		for _, r := range of {
			b.Add(r, r.NLL, 1)
			d.Add(r, 0)
		}
		return b, d
	}
	var every []*Record
	for w := range text {
		for s := range uint64(seeds) {
			r, err := c.Compare(t.Context(), NewItem(text[w], 0, Pairs(s, uint64(w), length, samples)), 2)
			if err != nil {
				t.Fatal(err)
			}
			records[w] = append(records[w], r)
		}
		every = append(every, records[w]...)
	}
	bound, difference := all(every)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 5, 12} {
		hits := map[string]int{}
		truncated := 0
		for range times {
			var drawn []*Record
			w := rng.IntN(windows)
			for range n {
				drawn = append(drawn, records[w][rng.IntN(seeds)])
				w = (w + 1 + rng.IntN(windows-1)) % windows
			}
			b, d := all(drawn)
			value, delta := bound.PerToken(), difference.Delta()
			if n == 1 { // the error is about this window
				own, ownDelta := all(records[indexOf(records, drawn[0])])
				value, delta = own.PerToken(), ownDelta.Delta()
			}
			for name, i := range map[string]struct {
				in        Interval
				at, value float64
			}{
				"bound": {b.Interval(), b.PerToken(), value}, "delta": {d.DeltaInterval(), d.Delta(), delta}, "KL": {d.KLInterval(), d.KL(), difference.KL()},
			} {
				if i.in.Lo <= i.value && i.value <= i.in.Hi {
					hits[name]++
				}
				if i.in.Lo > i.at || i.at > i.in.Hi || name != "delta" && i.in.Lo < 0 {
					t.Fatalf("%d windows: %s %v in %v", n, name, i.at, i.in)
				}
			}
			if b.MaskError() > b.Error() || d.MaskError() > d.DeltaError() {
				t.Fatalf("%d windows: errors %v of %v, %v of %v", n, b.MaskError(), b.Error(), d.MaskError(), d.DeltaError())
			}
			if b.MaskError() == b.Error() {
				truncated++
			}
		}
		for name, h := range hits {
			share := 100 * float64(h) / times
			t.Logf("%d windows, %s: %.1f %% (the masks' error is all in %d of %d)", n, name, share, truncated, times)
			if share < 92 {
				t.Errorf("%d windows, %s: %.1f %% of the intervals contain the long-run value", n, name, share)
			}
		}
	}
}

func indexOf(records [][]*Record, r *Record) int {
	for w := range records {
		for _, o := range records[w] {
			if o == r {
				return w
			}
		}
	}
	return -1
}

// Where nothing tells the error, the interval says so; where there is none, it is
// the value.
func TestIntervalUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		records []Record
		known   bool
	}{
		"one draw":          {[]Record{{Tokens: 4, Group: 2, NLL: []float64{8, 8}}}, false},
		"one mask":          {[]Record{{Tokens: 4, Group: 1, NLL: []float64{8}}}, false},
		"two draws":         {[]Record{{Tokens: 4, Group: 2, NLL: []float64{8, 9, 8, 8}}}, true},
		"two windows":       {[]Record{{Tokens: 4, Group: 2, NLL: []float64{8, 9}}, {Tokens: 4, Group: 2, NLL: []float64{9, 9}}}, true},
		"an exact value":    {[]Record{{Tokens: 1, Group: 2, NLL: []float64{3, 3}}}, true},
		"near the boundary": {[]Record{{Tokens: 4, Group: 1, NLL: []float64{0, 1, 0, 0}}}, true},
	} {
		b := &Bound{}
		for i := range c.records {
			b.Add(&c.records[i], c.records[i].NLL, 1)
		}
		i := b.Interval()
		if known := !math.IsNaN(b.Error()); known != c.known || known != (i.Lo <= b.PerToken() && b.PerToken() <= i.Hi) || i.Lo < 0 {
			t.Errorf("%s: %v ± %v in %v", name, b.PerToken(), b.Error(), i)
		}
	}
}

// Wilson's interval holds the probability in 95 % of samples on average over
// probabilities, has the textbook's values, and is never a point.
func TestProportion(t *testing.T) {
	for _, c := range []struct {
		k, n   int
		lo, hi float64
	}{{2, 2, 0.342, 1}, {0, 10, 0, 0.278}, {5, 10, 0.237, 0.763}, {81, 263, 0.255, 0.366}, {0, 0, 0, 1}} {
		p := Proportion{c.n, c.k}
		if i := p.Interval(); math.Abs(i.Lo-c.lo) > 5e-4 || math.Abs(i.Hi-c.hi) > 5e-4 {
			t.Errorf("%d of %d: %v", c.k, c.n, i)
		}
	}
	for _, n := range []int{1, 2, 5, 20, 100} {
		average, steps := 0.0, 400
		for s := range steps {
			p := (float64(s) + 0.5) / float64(steps)
			mass := math.Pow(1-p, float64(n))
			for k := range n + 1 {
				q := Proportion{n, k}
				if i := q.Interval(); i.Lo <= p && p <= i.Hi {
					average += mass / float64(steps)
				}
				mass *= float64(n-k) / float64(k+1) * p / (1 - p)
			}
		}
		if average < 0.94 || average > 0.97 {
			t.Errorf("%d trials: the interval contains the probability in %.1f %%", n, 100*average)
		}
		for k := range n + 1 {
			p := Proportion{n, k}
			if i := p.Interval(); !(0 <= i.Lo && i.Lo <= p.Value() && p.Value() <= i.Hi && i.Hi <= 1) || !(p.Error() > 0) {
				t.Errorf("%d of %d: %v ± %v in %v", k, n, p.Value(), p.Error(), i)
			}
		}
	}
}
