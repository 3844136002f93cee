package score

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"llada/runtime/backend"
	"llada/runtime/model"
)

func newFake() *fake { return &fake{vocab: 7, mask: 6, seed: 1} }

func scorer(f *fake) *Scorer { return &Scorer{Predictor: f, MaskID: f.mask} }

// The estimators are unbiased: over many seeds their mean is the enumerated
// bound, also where the full mask has no complement.
func TestUnbiased(t *testing.T) {
	f := newFake()
	for _, n := range []int{2, 3, 6} {
		ids := f.text(uint64(n), n+2)
		want := f.exact(Item{IDs: ids, Prompt: 2})
		for name, draw := range map[string]func(seed uint64) [][]int32{
			"pairs":      func(s uint64) [][]int32 { return Pairs(s, 5, n, 4) },
			"pairs, odd": func(s uint64) [][]int32 { return Pairs(s, 5, n, 3) },
			"one mask":   func(s uint64) [][]int32 { return Pairs(s, 5, n, 1) },
			// Batches of 5: where the spacing n/batch puts counts on halves, as batches
			// of 4 do here, rounding to even makes the official counts uneven.
			"official":      func(s uint64) [][]int32 { return Official(s, 5, n, 5, 5) },
			"official of 1": func(s uint64) [][]int32 { return Official(s, 5, n, 4, 1) },
		} {
			var r Ratio
			for seed := range uint64(3000) {
				values, err := scorer(f).Values(t.Context(), NewItem(ids, 2, draw(seed)))
				if err != nil {
					t.Fatal(err)
				}
				r.Add(mean(values[0]), 1)
			}
			// Some estimators do not vary at all: what is left is rounding.
			if math.Abs(r.Value()-want) > 4*r.Error()+1e-12*want {
				t.Errorf("%d tokens, %s: mean %.5f ± %.5f, exact %.5f", n, name, r.Value(), r.Error(), want)
			}
		}
	}
}

// An answer of one token has its exact log-probability whatever is drawn.
func TestOneToken(t *testing.T) {
	f := newFake()
	ids := f.text(4, 5)
	want := f.exact(Item{IDs: ids, Prompt: 4})
	for seed := range uint64(20) {
		for _, masks := range [][][]int32{Pairs(seed, 0, 1, 8), Pairs(seed, 0, 1, 1), Official(seed, 0, 1, 4, 2)} {
			r, err := scorer(f).Score(t.Context(), NewItem(ids, 4, masks), 2)
			if err != nil {
				t.Fatal(err)
			}
			var b Bound
			b.Add(r, r.NLL, 1)
			if b.PerToken() != want || b.Error() != 0 {
				t.Fatalf("seed %d: %v ± %v, want %v ± 0", seed, b.PerToken(), b.Error(), want)
			}
		}
	}
}

// Values do not depend on how masks are put into passes, and a repeated mask
// is not computed twice.
func TestPasses(t *testing.T) {
	f := newFake()
	ids := f.text(8, 600)
	it := NewItem(ids, 0, Pairs(3, 1, len(ids), 6))
	it.Masks = append(it.Masks, it.Masks[5], it.Masks[5], it.Masks[0])
	f.passes = 0
	got, err := scorer(f).Values(t.Context(), it)
	if err != nil {
		t.Fatal(err)
	}
	if f.passes < 2 {
		t.Fatalf("%d passes: the test wants several", f.passes)
	}
	var want []float64
	for _, m := range it.Masks {
		v, err := scorer(f).Values(t.Context(), Item{IDs: ids, Masks: [][]int32{m}})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, v[0][0])
	}
	if !slices.Equal(got[0], want) {
		t.Errorf("values %v, one by one %v", got[0], want)
	}
}

// Items share passes, and have the values that each has alone.
func TestItemsSharePasses(t *testing.T) {
	f := newFake()
	var items []Item
	var want [][]float64
	for i := range uint64(4) {
		it := NewItem(f.text(i, 10+int(i)), int(i), Pairs(3, i, 10, int(i)+1))
		v, err := scorer(f).Values(t.Context(), it)
		if err != nil {
			t.Fatal(err)
		}
		items, want = append(items, it), append(want, v[0])
	}
	f.passes = 0
	got, err := scorer(f).Values(t.Context(), items...)
	if err != nil || f.passes != 1 || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%d passes, error %v, values\n%v, one by one\n%v", f.passes, err, got, want)
	}
}

// With guidance the unconditional pass sees the prompt masked and nothing else.
func TestGuidance(t *testing.T) {
	f := newFake()
	ids, mask := f.text(2, 6), []int32{3, 5}
	s := scorer(f)
	s.Guidance = 1.5
	got, err := s.Values(t.Context(), Item{ids, 2, [][]int32{mask}})
	if err != nil {
		t.Fatal(err)
	}
	given := []int32{ids[0], ids[1], ids[2], 6, ids[4], 6}
	blank := []int32{6, 6, ids[2], 6, ids[4], 6}
	want := 0.0
	for _, p := range mask {
		x := f.logits(given, p)
		backend.Guide(x, f.logits(blank, p), 1.5)
		want -= 4.0 / 2 * logProb(x, ids[p])
	}
	if math.Abs(got[0][0]-want) > 1e-12 {
		t.Errorf("%v, want %v", got[0][0], want)
	}
	r, err := s.Score(t.Context(), Item{ids, 2, [][]int32{mask, mask, {4}}}, 1)
	if err != nil || r.Positions != 2*2*len(ids) {
		t.Errorf("%d positions through the model, %v", r.Positions, err)
	}
}

// The confidence order takes the most probable true token first.
func TestOrdered(t *testing.T) {
	f := newFake()
	ids := f.text(6, 7)
	f.passes = 0
	both, err := scorer(f).Ordered(t.Context(), [][]int32{ids[:4], ids}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if f.passes != 5 {
		t.Errorf("%d passes for two texts, the longer of 5 tokens", f.passes)
	}
	short, err := scorer(f).Ordered(t.Context(), [][]int32{ids[:4]}, 2)
	if err != nil || short[0] != both[0] {
		t.Errorf("a text alone scores %v, beside another %v; error %v", short, both[0], err)
	}
	got := both[1]
	canvas, want := append([]int32{}, ids...), 0.0
	for i := 2; i < len(canvas); i++ {
		canvas[i] = f.mask
	}
	for range 5 {
		best, at := math.Inf(-1), int32(0)
		for p := int32(2); p < 7; p++ {
			if canvas[p] == f.mask {
				if l := logProb(f.logits(canvas, p), ids[p]); l > best {
					best, at = l, p
				}
			}
		}
		canvas[at], want = ids[at], want+best
	}
	if got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

// tied is a Predictor to which all tokens are equal. It keeps what it was asked.
type tied struct{ asked [][]int32 }

func (p *tied) Predict(_ context.Context, seqs []model.Seq) ([]backend.Answer, error) {
	p.asked = append(p.asked, slices.Clone(seqs[0].Asked))
	return []backend.Answer{{LogProbs: make([]float64, len(seqs[0].Asked))}}, nil
}

func TestOrderOfEquals(t *testing.T) {
	p := &tied{}
	if _, err := (&Scorer{Predictor: p}).Ordered(t.Context(), [][]int32{{1, 2, 3}}, 0); err != nil {
		t.Fatal(err)
	}
	if want := [][]int32{{0, 1, 2}, {1, 2}, {2}}; !slices.EqualFunc(p.asked, want, slices.Equal) {
		t.Errorf("asked %v, want %v", p.asked, want)
	}
}

func TestJudge(t *testing.T) {
	q := Question{Prompt: []int32{1}, Choices: [][]int32{{1}, {2, 2}, {3}}, Answer: 1}
	scores := map[int32]float64{1: -3, 2: -4, 3: -3}
	v, err := Judge(t.Context(), q, []int{1, 4, 1}, func(_ context.Context, texts [][]int32, prompt int) (got []float64, _ error) {
		for _, ids := range texts {
			got = append(got, scores[ids[prompt]])
		}
		return got, nil
	})
	if err != nil || v.Best != 0 || v.Normalized != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	failure := errors.New("x")
	if _, err := Judge(t.Context(), q, []int{1, 1, 1}, func(context.Context, [][]int32, int) ([]float64, error) { return nil, failure }); err != failure {
		t.Errorf("error %v", err)
	}
}

func TestCheck(t *testing.T) {
	ok := Item{[]int32{1, 2, 3, 4}, 1, [][]int32{{1, 3}, {2}}}
	if err := ok.Check(10, 9, 4); err != nil {
		t.Error(err)
	}
	if err := (Item{[]int32{9, 1}, 1, [][]int32{{1}}}).Check(10, 9, 4); err != nil {
		t.Errorf("a mask token in the prompt: %v", err)
	}
	for _, c := range []struct {
		name, want string
		it         Item
	}{
		{"no tokens", "no tokens", Item{nil, 0, [][]int32{{0}}}},
		{"too long", "exceed the model's context of 4", Item{make([]int32, 5), 0, [][]int32{{0}}}},
		{"all prompt", "prompt_length is 4 of 4", Item{ok.IDs, 4, ok.Masks}},
		{"negative prompt", "prompt_length is -1", Item{ok.IDs, -1, ok.Masks}},
		{"no masks", "no masks", Item{ok.IDs, 0, nil}},
		{"an empty mask", "mask 1 is empty", Item{ok.IDs, 0, [][]int32{{1}, {}}}},
		{"an id too great", "token 10 at position 0", Item{[]int32{10}, 0, [][]int32{{0}}}},
		{"a negative id", "token -1 at position 0", Item{[]int32{-1}, 0, [][]int32{{0}}}},
		{"the mask token", "position 1 is the mask token", Item{[]int32{1, 9}, 0, [][]int32{{0}}}},
		{"beyond the end", "mask 0: position 4 is outside the 4 tokens", Item{ok.IDs, 0, [][]int32{{4}}}},
		{"below 0", "mask 0: position -1 is outside", Item{ok.IDs, 0, [][]int32{{-1}}}},
		{"in the prompt", "mask 0: position 0 lies in the prompt of 1", Item{ok.IDs, 1, [][]int32{{0}}}},
		{"twice", "mask 1: position 2 occurs twice", Item{ok.IDs, 0, [][]int32{{2}, {2, 1, 2}}}},
	} {
		if err := c.it.Check(10, 9, 4); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}
