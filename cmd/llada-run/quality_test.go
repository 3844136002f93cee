package main

import (
	"math"
	"testing"

	"llada/formats"
	"llada/runtime/backend"
	"llada/runtime/bundle"
	"llada/runtime/score"
)

// maskedText is a text with masks to score it under, and each mask's value by
// the reference.
type maskedText struct {
	score.Item
	NLLPerMask []float64 `json:"nll_per_mask"`
}

// goldenScores are the windows of golden/score.json.
func goldenScores(t *testing.T) []maskedText {
	var golden struct{ Windows []maskedText }
	readJSON(t, "golden/score.json", &golden)
	if len(golden.Windows) != 24 {
		t.Fatalf("%d windows", len(golden.Windows))
	}
	if testing.Short() {
		golden.Windows = golden.Windows[:4]
	}
	return golden.Windows
}

// checkValues holds the values of a text's masks to the reference's: within
// 1e-4 of the value and 2e-5 nats for each of the L positions.
func checkValues(t *testing.T, x maskedText, got []float64) {
	t.Helper()
	for m, want := range x.NLLPerMask {
		if d := math.Abs(got[m] - want); !(d <= 1e-4*want+2e-5*float64(x.Tokens())) {
			t.Errorf("mask %d of %d tokens has the value %v, want %v", m, x.Tokens(), got[m], want)
		}
	}
}

// Every mask's value of the golden windows and answers, on the exact path.
func TestGoldenScores(t *testing.T) {
	l := open(t, formats.F32, "f32")
	s := &score.Scorer{Predictor: l, MaskID: l.Tokens.Mask}
	var answers struct{ Cases []maskedText }
	readJSON(t, "golden/likelihood.json", &answers)
	if len(answers.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, x := range append(goldenScores(t), answers.Cases...) {
		got, err := s.Values(t.Context(), x.Item)
		if err != nil {
			t.Fatal(err)
		}
		checkValues(t, x, got[0])
	}
}

// What bf16 activations cost, keys and values in 16 and 8 bits, and weights in 8, 6
// and 4 bits with int8 activations: the bound
// against the bf16 container on the exact path, and the mean divergence from it
// at masked positions, over the held-out windows under the same masks.
func TestQuantizationCost(t *testing.T) {
	reference := open(t, formats.BF16, "f32")
	levels := []struct {
		level       formats.Encoding
		activations bundle.Activations
		kv          backend.KVEncoding
		bound, kld  float64 // allowed
	}{
		{formats.BF16, "bf16", backend.KVF32, 0.0002, 0.00005},
		{formats.BF16, "f32", backend.KVBF16, 0.0002, 0.00005},
		{formats.BF16, "f32", backend.KVInt8, 0.0005, 0.0002},
		{formats.Q8, "int8", backend.KVF32, 0.001, 0.001},
		{formats.Q6, "int8", backend.KVF32, 0.002, 0.002},
		{formats.Q4, "int8", backend.KVF32, 0.005, 0.008},
	}
	c := &score.Comparer{Reference: reference, MaskID: reference.Tokens.Mask, Frontier: 4, Threads: 2}
	for _, l := range levels {
		c.Candidates = append(c.Candidates, openWith(t, l.level, bundle.Options{
			Device: bundle.Device{Threads: 2, Activations: l.activations}, KV: l.kv,
		}))
	}
	var bound score.Bound
	differences := make([]score.Difference, len(levels))
	for _, x := range goldenScores(t) {
		r, err := c.Compare(t.Context(), x.Item, 0)
		if err != nil {
			t.Fatal(err)
		}
		checkValues(t, x, r.NLL)
		bound.Add(r, r.NLL, r.Seconds)
		for i := range differences {
			differences[i].Add(r, i)
		}
	}
	t.Logf("bf16: %.4f nats per token", bound.PerToken())
	for i, l := range levels {
		d := &differences[i]
		delta := d.Delta() / bound.PerToken()
		t.Logf("%s, %s activations, %s keys and values: bound %+.4f %%, mean KL %.7f ± %.7f nats", l.level, l.activations, l.kv, 100*delta, d.KL(), d.KLError())
		if math.Abs(delta) > l.bound || !(d.KL() <= l.kld) {
			t.Errorf("%s: bound differs by %.4f %% (at most %.1f %%), mean KL %.5f nats (at most %.4f)",
				l.level, 100*delta, 100*l.bound, d.KL(), l.kld)
		}
	}
}
