package score

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Every mask is a set of positions; the second of a pair is the first's
// complement, or the full mask again.
func TestPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, samples := rapid.IntRange(1, 40).Draw(t, "n"), rapid.IntRange(1, 12).Draw(t, "samples")
		masks := Pairs(rapid.Uint64().Draw(t, "seed"), rapid.Uint64().Draw(t, "document"), n, samples)
		if len(masks) != samples {
			t.Fatalf("%d masks", len(masks))
		}
		it := NewItem(make([]int32, n+3), 3, masks)
		if err := it.Check(5, 4, n+3); err != nil {
			t.Fatal(err)
		}
		if samples%2 == 0 && !it.Paired() {
			t.Fatalf("no pairs: %v", masks)
		}
		for _, m := range masks {
			if !slices.IsSorted(m) {
				t.Fatalf("mask %v is not sorted", m)
			}
		}
	})
}

// Each count 1 … n is as probable as any other, for both masks of a pair: over
// a grid of starts each occurs equally often.
func TestCountsAreUniform(t *testing.T) {
	const grid = 64
	for n := 1; n <= 33; n++ {
		first, second := make([]int, n+1), make([]int, n+1)
		for i := range n * grid {
			l := folded(n, (float64(i)+0.5)/float64(n*grid))
			first[l]++
			if l == n {
				second[n]++
			} else {
				second[n-l]++
			}
		}
		for l := 1; l <= n; l++ {
			if first[l] != grid || second[l] != grid {
				t.Fatalf("n=%d: count %d occurs %d and %d times of %d", n, l, first[l], second[l], grid)
			}
		}
	}
}

// Systematic sampling spreads the ratios of one answer's pairs evenly.
func TestCountsAreSpread(t *testing.T) {
	const n, samples = 512, 16
	for seed := range uint64(50) {
		var ratios []float64
		for j, m := range Pairs(seed, 3, n, samples) {
			if j%2 == 0 {
				ratios = append(ratios, float64(min(len(m), n-len(m)))/n)
			}
		}
		slices.Sort(ratios)
		for j, r := range ratios {
			if r < float64(j)/samples-0.01 || r > float64(j+1)/samples+0.01 {
				t.Fatalf("seed %d: ratios %v are not one in each stratum", seed, ratios)
			}
		}
	}
}

// Masks depend on seed, document and sample; answers of other length share
// their draws.
func TestDraws(t *testing.T) {
	a := Pairs(1, 2, 20, 8)
	if !slices.EqualFunc(a, Pairs(1, 2, 20, 8), slices.Equal) {
		t.Error("the same seed gives other masks")
	}
	for name, b := range map[string][][]int32{"seed": Pairs(2, 2, 20, 8), "document": Pairs(1, 3, 20, 8)} {
		if slices.EqualFunc(a, b, slices.Equal) {
			t.Errorf("another %s gives the same masks", name)
		}
	}
	longer := Pairs(1, 2, 21, 8)
	same := 0
	for j := range a {
		for _, p := range a[j] {
			if slices.Contains(longer[j], p) {
				same++
			}
		}
	}
	if same < 70 { // of 80; independent masks share about 42
		t.Errorf("answers of 20 and 21 tokens share %d masked positions of 80", same)
	}
}

func TestOfficialCounts(t *testing.T) {
	data, err := os.ReadFile("../../testdata/golden/likelihood.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		MaskCounts []struct {
			Start, Length, Samples int
			Counts                 []int
		} `json:"mask_counts"`
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.MaskCounts) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range golden.MaskCounts {
		if got := OfficialCounts(c.Start, c.Length, c.Samples); !slices.Equal(got, c.Counts) {
			t.Errorf("start %d of %d, %d samples:\n %v, want\n %v", c.Start, c.Length, c.Samples, got, c.Counts)
		}
	}
}

// As many windows are chosen as asked, each as often as any other.
func TestChoose(t *testing.T) {
	for windows := 1; windows < 20; windows++ {
		for n := 1; n <= windows; n++ {
			const seeds = 400
			often := make([]int, windows)
			for seed := range uint64(seeds) {
				chosen, choose := 0, Choose(seed, n, windows)
				for i := range windows {
					if choose() {
						often[i]++
						chosen++
					}
				}
				if chosen != n {
					t.Fatalf("%d of %d windows chosen, want %d", chosen, windows, n)
				}
			}
			p := float64(n) / float64(windows)
			for i, k := range often {
				if z := (float64(k) - seeds*p) / math.Sqrt(seeds*p*(1-p)+1e-9); math.Abs(z) > 5 {
					t.Errorf("window %d of %d is chosen %d times of %d, want about %.0f", i, windows, k, seeds, seeds*p)
				}
			}
		}
	}
}
