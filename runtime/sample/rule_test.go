package sample_test

import (
	"math"
	"slices"
	"testing"

	"llada/runtime/sample"
)

// candidates gives position 10+i the probability p[i].
func candidates(p ...float64) []sample.Candidate {
	var c []sample.Candidate
	for i, v := range p {
		c = append(c, sample.Candidate{Position: 10 + i, Token: 1, Confidence: math.Log(v) - math.Log1p(-v)})
	}
	return c
}

func TestQuotas(t *testing.T) {
	for _, c := range []struct {
		name         string
		masks, steps int
		want         []int
	}{
		{"32 in 12", 32, 12, append(repeat(8, 3), repeat(4, 2)...)},
		{"128 in 50", 128, 50, append(repeat(28, 3), repeat(22, 2)...)},
		{"one each", 8, 8, repeat(8, 1)},
		{"all at once", 8, 1, []int{8}},
		{"more steps than masks", 2, 5, []int{1, 1, 0, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := collect(t, (&fake{}).sampler(official(c.masks, c.masks, c.steps)), []int32{5})
			if got := sizes(r.Committed); !slices.Equal(got, c.want) {
				t.Errorf("committed %v, want %v", got, c.want)
			}
		})
	}
}

func TestDecide(t *testing.T) {
	inf := candidates(0.5, 0.5)
	inf[1].Confidence = math.Inf(1)
	lost := candidates(0.5, 0.4)
	lost[0].Confidence, lost[1].Confidence = math.Inf(-1), math.Inf(-1)
	for _, c := range []struct {
		name string
		rule sample.Rule
		view sample.View
		c    []sample.Candidate
		want []int // indices, the best first
	}{
		{"quota takes the best", sample.Quota{PerBlock: 2}, sample.View{Masks: 4}, candidates(0.1, 0.9, 0.5, 0.7), []int{1, 3}},
		{"quota: ties go to the lowest position", sample.Quota{PerBlock: 2}, sample.View{Masks: 6}, candidates(0.5, 0.7, 0.5, 0.7, 0.5, 0.5), []int{1, 3, 0}},
		{"quota: the first steps take one more", sample.Quota{PerBlock: 2}, sample.View{Masks: 3}, candidates(0.1, 0.2, 0.3), []int{2, 1}},
		{"quota: the last steps do not", sample.Quota{PerBlock: 2}, sample.View{Masks: 3, Step: 1}, candidates(0.1), []int{0}},
		{"quota: no more than there are", sample.Quota{PerBlock: 1}, sample.View{Masks: 8}, candidates(0.1, 0.2), []int{1, 0}},
		{"threshold takes all that reach it", sample.Threshold{P: 0.75}, sample.View{}, candidates(0.75, 0.9, 0.74, 0.8), []int{1, 3, 0}},
		{"threshold: always the best", sample.Threshold{P: 0.9}, sample.View{}, candidates(0.1, 0.3, 0.2), []int{1}},
		{"threshold: of equals the lowest position", sample.Threshold{P: 0.9}, sample.View{}, candidates(0.3, 0.3), []int{0}},
		{"threshold 1: certain ones only", sample.Threshold{P: 1}, sample.View{}, candidates(0.999999, 0.9), []int{0}},
		{"threshold 1: where p rounds to 1", sample.Threshold{P: 1}, sample.View{}, inf, []int{1}},
		{"threshold: postponed tokens last", sample.Threshold{P: 0.5}, sample.View{}, lost, []int{0}},
		// p(n) ≥ 1 − F/(n+1): 1/2, 2/3, 3/4 for F = 1.
		{"factor takes the longest prefix", sample.Factor{F: 1}, sample.View{}, candidates(0.7, 0.99, 0.76, 0.74), []int{1, 2}},
		{"factor: the rank after a failure does not count", sample.Factor{F: 1}, sample.View{}, candidates(0.6, 0.6, 0.6), []int{0}},
		{"factor: always the best", sample.Factor{F: 0.1}, sample.View{}, candidates(0.1, 0.2), []int{1}},
		{"factor: the last rank may fail", sample.Factor{F: 1}, sample.View{}, candidates(0.99, 0.1), []int{0}},
		{"factor: a large one takes everything", sample.Factor{F: 9}, sample.View{}, candidates(0.1, 0.2, 0.3), []int{2, 1, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.view.Canvas = slices.Repeat([]int32{mask}, 20)
			var got []int
			for _, change := range c.rule.Decide(c.view, c.c) {
				got = append(got, change.Position-10)
				if change.Old != mask || change.New != 1 {
					t.Errorf("changes %+v, want a mask that becomes token 1", change)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("chose %v, want %v", got, c.want)
			}
		})
	}
}

func TestTiesInARun(t *testing.T) {
	r := collect(t, (&fake{}).sampler(official(6, 3, 6)), []int32{5, 5})
	want := [][]int{{2}, {3}, {4}, {5}, {6}, {7}}
	if !slices.EqualFunc(r.Committed, want, slices.Equal) {
		t.Errorf("committed %v, want %v", r.Committed, want)
	}
}

func TestThresholdInARun(t *testing.T) {
	// Every other position is certain enough at once, the rest one by one.
	f := &fake{logOdds: func(_ int, p int32) float64 { return []float64{5, -1}[p%2] }}
	r := collect(t, f.sampler(parallel(8, 4, 0.9)), nil)
	want := [][]int{{0, 2}, {1}, {3}, {4, 6}, {5}, {7}}
	if !slices.EqualFunc(r.Committed, want, slices.Equal) {
		t.Errorf("committed %v, want %v", r.Committed, want)
	}
	if r.ForwardPasses != 6 || r.Stop != sample.StopLength {
		t.Errorf("%d passes, stop %q", r.ForwardPasses, r.Stop)
	}
}
