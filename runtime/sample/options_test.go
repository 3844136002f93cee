package sample_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"llada/runtime/sample"
)

func TestCheck(t *testing.T) {
	change := func(f func(*sample.Options)) sample.Options {
		o := sample.Default()
		f(&o)
		return o
	}
	for _, c := range []struct {
		name string
		o    sample.Options
		want string // "": valid
	}{
		{"default", sample.Default(), ""},
		{"no length", change(func(o *sample.Options) { o.GenLength = 0 }), "gen-length is 0, want at least 1"},
		{"no block", change(func(o *sample.Options) { o.BlockLength = -1 }), "block-length is -1, want at least 1"},
		{"ragged", change(func(o *sample.Options) { o.GenLength = 100 }), "gen-length 100 is not a multiple of block-length 32: 96 or 128 would fit"},
		{"shorter than a block", change(func(o *sample.Options) { o.GenLength = 10 }), "gen-length 10 is not a multiple of block-length 32: 32 would fit"},
		{"negative steps", change(func(o *sample.Options) { o.Steps = -4 }), "steps is -4, want at least 1"},
		{"ragged steps", change(func(o *sample.Options) { o.Steps = 6 }), "steps 6 is not a multiple of the 4 blocks (gen-length 128 / block-length 32): 4 or 8 would fit"},
		{"fewer steps than blocks", change(func(o *sample.Options) { o.Steps = 3 }), ": 4 would fit"},
		{"steps need no threshold", change(func(o *sample.Options) { o.Steps, o.Threshold = 8, 0 }), ""},
		{"factor needs no threshold", change(func(o *sample.Options) { o.Factor, o.Threshold = 1, 0 }), ""},
		{"threshold 0", change(func(o *sample.Options) { o.Threshold = 0 }), "threshold is 0, want above 0 and at most 1"},
		{"threshold 1", change(func(o *sample.Options) { o.Threshold = 1 }), ""},
		{"threshold above 1", change(func(o *sample.Options) { o.Threshold = 1.01 }), "threshold is 1.01"},
		{"threshold NaN", change(func(o *sample.Options) { o.Threshold = math.NaN() }), "threshold is NaN"},
		{"factor below 0", change(func(o *sample.Options) { o.Factor = -1 }), "factor is -1, want 0 or more"},
		{"factor infinite", change(func(o *sample.Options) { o.Factor = math.Inf(1) }), "factor is +Inf"},
		{"cold", change(func(o *sample.Options) { o.Temperature = -0.1 }), "temperature is -0.1, want 0 or more"},
		{"temperature NaN", change(func(o *sample.Options) { o.Temperature = math.NaN() }), "temperature is NaN"},
		{"temperature infinite", change(func(o *sample.Options) { o.Temperature = math.Inf(1) }), "temperature is +Inf"},
		{"top k below 0", change(func(o *sample.Options) { o.TopK = -1 }), "top-k is -1, want at least 1, or 0 for all"},
		{"top p below 0", change(func(o *sample.Options) { o.TopP = -0.1 }), "top-p is -0.1, want above 0 and at most 1"},
		{"top p above 1", change(func(o *sample.Options) { o.TopP = 1.5 }), "top-p is 1.5, want above 0 and at most 1"},
		{"top p NaN", change(func(o *sample.Options) { o.TopP = math.NaN() }), "top-p is NaN"},
		{"top p 1", change(func(o *sample.Options) { o.TopK, o.TopP = 50, 1 }), ""},
		{"guidance below 0", change(func(o *sample.Options) { o.Guidance = -1 }), "cfg-scale is -1, want 0 or more"},
		{"guidance beyond float32", change(func(o *sample.Options) { o.Guidance = 1e39 }), "cfg-scale is 1e+39, want at most 1e6"},
		{"guidance infinite", change(func(o *sample.Options) { o.Guidance = math.Inf(1) }), "cfg-scale is +Inf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.o.Check()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if err == nil {
				return
			}
			f := &fake{}
			for _, got := range f.sampler(c.o).Run(t.Context(), nil) {
				if got == nil || got.Error() != err.Error() {
					t.Errorf("Run gives %v", got)
				}
			}
			if len(f.batches) != 0 {
				t.Error("a pass ran under these options")
			}
		})
	}
}

// TestAskedOfEndTokens: the two flags about end tokens, as published: above
// temperature 0 the confidence of EOS stays (ML-GSAI/LLaDA issue 137).
func TestAskedOfEndTokens(t *testing.T) {
	for _, c := range []struct {
		name             string
		logits, conf     bool
		temperature      float64
		forbid, postpone []int32
	}{
		{"neither", false, false, 0, nil, nil},
		{"logits-eos-inf", true, false, 0, []int32{eos}, nil},
		{"logits-eos-inf with noise", true, false, 1, []int32{eos}, nil},
		{"confidence-eos-eot-inf", false, true, 0, nil, []int32{eos, eot}},
		{"confidence-eos-eot-inf with noise", false, true, 0.5, nil, []int32{eot}},
		{"both", true, true, 0, []int32{eos}, []int32{eos, eot}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := official(2, 2, 2)
			o.LogitsEOSInf, o.ConfidenceEOSEOTInf, o.Temperature = c.logits, c.conf, c.temperature
			f := &fake{}
			collect(t, f.sampler(o), []int32{1})
			for _, a := range f.asks {
				if !slices.Equal(a.Pick.Forbid, c.forbid) || !slices.Equal(a.Pick.Postpone, c.postpone) {
					t.Errorf("forbid %v, postpone %v; want %v, %v", a.Pick.Forbid, a.Pick.Postpone, c.forbid, c.postpone)
				}
				if a.Guided || a.Logits || a.Targets != nil {
					t.Errorf("asked for more than candidates: %+v", a)
				}
			}
		})
	}
}

// TestPostponed: an end token whose confidence is −∞ is committed when nothing
// else is left, not never.
func TestPostponed(t *testing.T) {
	f := &fake{
		token: func(_ int, p int32) int32 { return []int32{eos, 4, 5}[p] },
		logOdds: func(_ int, p int32) float64 {
			return []float64{math.Inf(-1), -9, -8}[p]
		},
	}
	r := collect(t, f.sampler(official(3, 3, 3)), nil)
	want := [][]int{{2}, {1}, {0}}
	if !slices.EqualFunc(r.Committed, want, slices.Equal) || !slices.Equal(r.IDs, []int32{eos, 4, 5}) {
		t.Errorf("committed %v, ids %v", r.Committed, r.IDs)
	}
}

// TestGuided: the second sequence hides all that was known before the first
// step, and nothing that was committed since.
func TestGuided(t *testing.T) {
	o := official(4, 2, 4)
	o.Guidance = 1.5
	f := &fake{}
	r := collect(t, f.sampler(o), []int32{8, mask, 9})
	if r.ForwardPasses != 8 {
		t.Errorf("%d passes, want two for each of 4 steps", r.ForwardPasses)
	}
	for n, b := range f.batches {
		if !f.asks[n].Guided || f.asks[n].Guidance != 1.5 {
			t.Fatalf("ask %+v", f.asks[n])
		}
		want := slices.Clone(b[0].IDs)
		want[0], want[2] = mask, mask
		if len(b) != 2 || !slices.Equal(b[1].IDs, want) || !slices.Equal(b[1].Asked, b[0].Asked) {
			t.Errorf("call %d: unconditional %v of rows %v, want %v of %v", n, b[1].IDs, b[1].Asked, want, b[0].Asked)
		}
	}
	if got := f.batches[3][1].IDs; got[1] != 1 || got[3] != 1 {
		t.Errorf("committed tokens are hidden: %v", got)
	}
}
