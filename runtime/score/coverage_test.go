package score

import (
	"math"
	"testing"
)

// population is a text of windows unlike one another: the share of predictable
// tokens differs.
func population(f *fake, windows, n int) [][]int32 {
	out := make([][]int32, windows)
	for w := range out {
		out[w] = f.text(uint64(w), n)
		for i := 1; i < n*(w%5)/5; i++ {
			out[w][i] = out[w][i-1]
		}
	}
	return out
}

// run scores chosen windows of a text with one seed.
func run(t *testing.T, f *fake, text [][]int32, seed uint64, n, samples int) *Bound {
	t.Helper()
	b := &Bound{}
	choose := Choose(seed, n, len(text))
	for w := range text {
		if !choose() {
			continue
		}
		it := NewItem(text[w], 0, Pairs(seed, uint64(w), len(text[w]), samples))
		r, err := scorer(f).Score(t.Context(), it, 2)
		if err != nil {
			t.Fatal(err)
		}
		b.Add(r, r.NLL, 1)
	}
	return b
}

// Of 200 seeds, the 95 % interval contains the long-run value in 92 to 98 %:
// with windows drawn from a long text, by the error that has the window as its
// unit; on the same windows every time, by the error of the masks.
func TestCoverage(t *testing.T) {
	const seeds, n, length = 200, 40, 24
	f := newFake()
	text := population(f, 500, length)
	part := text[:n]
	longRun := func(text [][]int32, samples int) float64 {
		return run(t, f, text, 1<<40, len(text), samples).PerToken()
	}
	for _, c := range []struct {
		name  string
		text  [][]int32
		value float64
		reach func(b *Bound) float64
	}{
		{"drawn windows", text, longRun(text, 60), func(b *Bound) float64 { return Interval95(n) * b.Error() }},
		{"fixed windows", part, longRun(part, 2000), func(b *Bound) float64 { return Interval95(n+1) * b.MaskError() }},
	} {
		hits, bias, spread := 0, 0.0, 0.0
		for seed := range uint64(seeds) {
			b := run(t, f, c.text, seed, n, 4)
			if math.Abs(b.PerToken()-c.value) <= c.reach(b) {
				hits++
			}
			bias += (b.PerToken() - c.value) / seeds
			spread += (b.PerToken() - c.value) * (b.PerToken() - c.value) / seeds
		}
		share := 100 * float64(hits) / seeds
		t.Logf("%s: %.1f %% of intervals contain %.4f; mean deviation %+.4f, spread %.4f", c.name, share, c.value, bias, math.Sqrt(spread))
		if share < 92 || share > 98 {
			t.Errorf("%s: %.1f %% of the intervals contain the long-run value", c.name, share)
		}
	}
}
