package score

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// Records and verdicts of another item, or that no run gives, are told apart.
func TestRecordsAreChecked(t *testing.T) {
	it := Item{IDs: []int32{1, 2, 3}, Prompt: 1, Masks: [][]int32{{1}, {2}}}
	good := func() *Record {
		return &Record{Tokens: 2, Group: 1, NLL: []float64{1, 2}, Sides: []Side{{NLL: []float64{1, 2}}}}
	}
	if err := good().Check(it, 1); err != nil {
		t.Error(err)
	}
	for name, damage := range map[string]func(*Record){
		"tokens": func(r *Record) { r.Tokens = 3 }, "values": func(r *Record) { r.NLL = r.NLL[1:] }, "group": func(r *Record) { r.Group = 0 },
		"no candidate": func(r *Record) { r.Sides = nil }, "values of a candidate": func(r *Record) { r.Sides[0].NLL = nil },
	} {
		r := good()
		if damage(r); r.Check(it, 1) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	v := func() *Verdict { return &Verdict{Index: 4, Scores: []float64{1, 2}, Best: 1, Normalized: 1} }
	if err := v().Check(4, 2, 0); err != nil {
		t.Error(err)
	}
	for name, damage := range map[string]func(*Verdict){
		"index": func(v *Verdict) { v.Index = 3 }, "answer": func(v *Verdict) { v.Answer = 1 }, "scores": func(v *Verdict) { v.Scores = nil },
		"best": func(v *Verdict) { v.Best = 2 }, "normalized": func(v *Verdict) { v.Normalized = -1 },
	} {
		x := v()
		if damage(x); x.Check(4, 2, 0) == nil {
			t.Errorf("verdict, %s: no error", name)
		}
	}
}

// A figure that is no number is found wherever it stands, and whose it is.
func TestFinite(t *testing.T) {
	good := func() *Record {
		return &Record{Tokens: 2, Group: 1, NLL: []float64{1, 2}, Sides: []Side{{NLL: []float64{1, 2}}, {NLL: []float64{1, 2}}}}
	}
	if err := good().Finite(); err != nil {
		t.Error(err)
	}
	for want, damage := range map[string]func(r *Record, x float64){
		"the bound under mask 1 is": func(r *Record, x float64) { r.NLL[1] = x },
		"the bound under mask 0 is": func(r *Record, x float64) { r.Sides[1].NLL[0] = x },
		"its divergence":            func(r *Record, x float64) { r.Sides[1].Bins[7].KL = x },
		"its divergence from":       func(r *Record, x float64) { r.Sides[1].MaxKL = x },
	} {
		for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			r := good()
			damage(r, x)
			var no *NotFiniteError
			if err := r.Finite(); !errors.As(err, &no) || !strings.Contains(err.Error(), want) || no.Model != map[bool]int{true: 0, false: 2}[strings.Contains(want, "mask 1")] {
				t.Errorf("%v: %v, want %q", x, err, want)
			}
		}
	}
}

// Distributions that are none do not pass for equal ones.
func TestDivergenceOfNoNumbers(t *testing.T) {
	x, nan := []float32{1, 2, 3}, float32(math.NaN())
	for _, c := range [][2][]float32{{{1, nan, 3}, x}, {x, {1, nan, 3}}, {{1, float32(math.Inf(1)), 3}, x}, {x, {float32(math.Inf(-1)), 2, 3}}} {
		p := make([]float64, 3)
		lse := distribution(p, c[0])
		if d := divergence(p, c[0], lse, c[1], logSumExp(c[1])); !math.IsNaN(d) && !math.IsInf(d, 0) {
			t.Errorf("%v beside %v: %v", c[0], c[1], d)
		}
	}
}
