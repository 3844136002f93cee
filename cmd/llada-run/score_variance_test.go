package main

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"llada/formats"
	"llada/runtime/score"
)

// What the masks of score gain over the official estimator's at equal cost:
// the standard deviation, over seeds, of the bound of a window and of its
// difference between two levels.
func TestMaskingVariance(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of passes")
	}
	const window, samples = 128, 8
	windows, seeds := 8, uint64(10)
	ref, q4 := open(t, formats.BF16, "int8"), open(t, formats.Q4, "int8")
	text, err := os.ReadFile(filepath.Join(testdata, "heldout.txt"))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := ref.Encode(string(text))
	if err != nil {
		t.Fatal(err)
	}
	scorers := []*score.Scorer{
		{Predictor: ref, MaskID: ref.Tokens.Mask},
		{Predictor: q4, MaskID: ref.Tokens.Mask},
	}
	deviation := func(draw func(seed, document uint64) [][]int32) (bound, own, paired float64) {
		for w := range windows {
			var sum, sum2, diff, diff2 float64
			part := ids[w*(len(ids)/windows):][:window]
			for s := range seeds {
				it := score.NewItem(part, 0, draw(s, uint64(w)))
				var mean [2]float64
				for i, x := range scorers {
					values, err := x.Values(t.Context(), it)
					if err != nil {
						t.Fatal(err)
					}
					for _, v := range values[0] {
						mean[i] += v / samples / window
					}
				}
				d := mean[1] - mean[0]
				sum, sum2, diff, diff2 = sum+mean[0], sum2+mean[0]*mean[0], diff+d, diff2+d*d
			}
			n := float64(seeds)
			bound += (sum2 - sum*sum/n) / (n - 1)
			paired += (diff2 - diff*diff/n) / (n - 1)
		}
		n := float64(windows)
		return math.Sqrt(bound / n), math.Sqrt(2 * bound / n), math.Sqrt(paired / n)
	}
	plainBound, plainOwn, plainPaired := deviation(func(s, d uint64) [][]int32 { return score.Official(s, d, window, samples, 1) })
	bound, _, paired := deviation(func(s, d uint64) [][]int32 { return score.Pairs(s, d, window, samples) })
	t.Logf("of one window, in nats per token            plain    pairs   ratio")
	t.Logf("bound                                     %.5f  %.5f  %6.2f", plainBound, bound, plainBound/bound)
	t.Logf("difference, plain with masks of its own   %.5f  %.5f  %6.2f", plainOwn, paired, plainOwn/paired)
	t.Logf("difference, plain with common masks       %.5f  %.5f  %6.2f", plainPaired, paired, plainPaired/paired)
	if !(plainBound >= 1.6*bound) || !(plainOwn >= 20*paired) || !(plainPaired >= 0.9*paired) {
		t.Error("pairs gain less than they did")
	}
}
