package main

import (
	"math"
	"testing"

	"llada/formats"
	"llada/runtime/backend"
	"llada/runtime/model"
)

// maskedWindow is a text window with masks to score it under.
type maskedWindow struct {
	IDs        []int32
	Masks      [][]int32
	NLLPerMask []float64 `json:"nll_per_mask"`
}

// hide is the window with positions masked.
func (w maskedWindow) hide(positions []int32, mask int32) []int32 {
	ids := append([]int32{}, w.IDs...)
	for _, p := range positions {
		ids[p] = mask
	}
	return ids
}

// maskedLogits predicts the masked positions.
func maskedLogits(t *testing.T, l *loaded, w maskedWindow, mask []int32) [][]float32 {
	t.Helper()
	ans, err := l.model.Predict(t.Context(), model.Batch{{IDs: w.hide(mask, l.arch.MaskID), Rows: mask}}, &backend.Ask{Logits: true})
	if err != nil {
		t.Fatal(err)
	}
	return ans.Logits
}

// softmaxLogs are the logarithms of the probabilities, in float64.
func softmaxLogs(x []float32) []float64 {
	most, sum := float32(math.Inf(-1)), 0.0
	for _, v := range x {
		most = max(most, v)
	}
	for _, v := range x {
		sum += math.Exp(float64(v - most))
	}
	log := math.Log(sum)
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v-most) - log
	}
	return out
}

// What 8 and 4 bits with int8 activations cost: the bound per token against the
// bf16 container on the exact path, and the mean divergence from it at masked
// positions, both over the held-out windows under the same masks.
func TestQuantizationCost(t *testing.T) {
	var golden struct {
		Windows []maskedWindow
		NELBO   float64 `json:"nelbo_per_token"`
	}
	readJSON(t, "golden/score.json", &golden)
	if len(golden.Windows) != 24 {
		t.Fatalf("%d windows", len(golden.Windows))
	}
	if testing.Short() {
		golden.Windows = golden.Windows[:4]
	}
	reference := open(t, formats.BF16, "f32")
	levels := []struct {
		level      formats.Encoding
		bound, kld float64 // allowed
		model      *loaded
		nll, kl    float64
	}{
		{level: formats.Q8, bound: 0.001, kld: 0.001},
		{level: formats.Q6, bound: 0.002, kld: 0.002},
		{level: formats.Q4, bound: 0.005, kld: 0.008},
	}
	for i := range levels {
		levels[i].model = open(t, levels[i].level, "int8")
	}
	var nll, tokens, masked, worst float64
	for _, w := range golden.Windows {
		n := float64(len(w.IDs))
		for m, mask := range w.Masks {
			weight := n / float64(len(mask))
			ref := maskedLogits(t, reference, w, mask)
			refLogs := make([][]float64, len(ref))
			sum := 0.0
			for i, p := range mask {
				refLogs[i] = softmaxLogs(ref[i])
				sum -= refLogs[i][w.IDs[p]] * weight
			}
			worst = max(worst, math.Abs(sum-w.NLLPerMask[m])-1e-4*w.NLLPerMask[m]-2e-5*n)
			nll += sum
			tokens += n
			masked += float64(len(mask))
			for j := range levels {
				got := maskedLogits(t, levels[j].model, w, mask)
				for i, p := range mask {
					logs := softmaxLogs(got[i])
					levels[j].nll -= logs[w.IDs[p]] * weight
					for k, r := range refLogs[i] {
						levels[j].kl += math.Exp(r) * (r - logs[k])
					}
				}
			}
		}
	}
	if worst > 0 {
		t.Errorf("a mask's value is off the reference by %g nats more than allowed", worst)
	}
	t.Logf("bf16: %.4f nats per token", nll/tokens)
	for _, l := range levels {
		delta, kld := (l.nll-nll)/nll, l.kl/masked
		t.Logf("%s: bound %+.4f %%, mean KL %.5f nats, %.4f nats per token", l.level, 100*delta, kld, l.nll/tokens)
		if math.Abs(delta) > l.bound || !(kld <= l.kld) {
			t.Errorf("%s: bound differs by %.4f %% (at most %.1f %%), mean KL %.5f nats (at most %.4f)",
				l.level, 100*delta, 100*l.bound, kld, l.kld)
		}
	}
}
