package sample_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"llada/runtime/backend"
	"llada/runtime/sample"
)

// TestEarlyStop: an end token ends the answer only once no mask precedes it.
func TestEarlyStop(t *testing.T) {
	at := func(end int32, id int32) func(int, int32) int32 {
		return func(_ int, p int32) int32 {
			if p == end {
				return id
			}
			return 7
		}
	}
	// From right to left: an end token in the middle waits for all before it.
	leftwards := func(_ int, p int32) float64 { return float64(p) }
	rightwards := func(_ int, p int32) float64 { return -float64(p) }
	for _, c := range []struct {
		name    string
		end, id int32
		logOdds func(int, int32) float64
		early   bool
		steps   int
		ids     []int32
		useful  int
		stop    string
	}{
		{"masks before it", 4, eos, leftwards, true, 8, []int32{7, 7, 7, eos}, 3, sample.StopEnd},
		{"nothing before it", 4, eos, rightwards, true, 4, []int32{7, 7, 7, eos}, 3, sample.StopEnd},
		{"end of turn", 3, eot, rightwards, true, 3, []int32{7, 7, eot}, 2, sample.StopEnd},
		{"at once", 1, eos, rightwards, true, 1, []int32{eos}, 0, sample.StopEnd},
		{"off", 4, eos, rightwards, false, 8, []int32{7, 7, 7, eos, 7, 7, 7, 7}, 3, sample.StopEnd},
		{"no end token", -1, eos, rightwards, true, 8, []int32{7, 7, 7, 7, 7, 7, 7, 7}, 8, sample.StopLength},
		{"in the last position", 8, eos, rightwards, true, 8, []int32{7, 7, 7, 7, 7, 7, 7, eos}, 7, sample.StopEnd},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{token: at(c.end, c.id), logOdds: c.logOdds}
			o := official(8, 8, 8)
			o.EarlyStop = c.early
			// The end token in the prompt ends nothing.
			r := collect(t, f.sampler(o), []int32{eos})
			if len(r.Committed) != c.steps || r.ForwardPasses != c.steps {
				t.Errorf("%d steps, %d passes, want %d", len(r.Committed), r.ForwardPasses, c.steps)
			}
			if !slices.Equal(r.IDs, c.ids) || r.Useful != c.useful || r.Stop != c.stop {
				t.Errorf("ids %v, %d useful, stop %q; want %v, %d, %q", r.IDs, r.Useful, r.Stop, c.ids, c.useful, c.stop)
			}
		})
	}
}

// TestPromptMasks: masks in the prompt are candidates of every block. They use
// up quota, as in the reference; parallel decoding waits for them.
func TestPromptMasks(t *testing.T) {
	prompt := []int32{1, mask, 2}
	first := func(_ int, p int32) float64 { return -float64(p) }
	t.Run("quota", func(t *testing.T) {
		r := collect(t, (&fake{logOdds: first}).sampler(official(4, 2, 4)), prompt)
		want := [][]int{{1}, {3}, {4}, {5}}
		if !slices.EqualFunc(r.Committed, want, slices.Equal) {
			t.Errorf("committed %v, want %v", r.Committed, want)
		}
		if !slices.Equal(r.IDs, []int32{1, 1, 1, mask}) {
			t.Errorf("ids %v: the quota should be one short", r.IDs)
		}
	})
	t.Run("threshold", func(t *testing.T) {
		last := func(_ int, p int32) float64 { return float64(p) }
		r := collect(t, (&fake{logOdds: last}).sampler(parallel(2, 2, 1)), prompt)
		want := [][]int{{4}, {3}, {1}}
		if !slices.EqualFunc(r.Committed, want, slices.Equal) {
			t.Errorf("committed %v, want %v", r.Committed, want)
		}
	})
	if !slices.Equal(prompt, []int32{1, mask, 2}) {
		t.Errorf("the caller's prompt became %v", prompt)
	}
}

func TestRandomRemasking(t *testing.T) {
	order := func(seed uint64) [][]int {
		o := official(16, 16, 16)
		o.Random, o.Seed = true, seed
		return collect(t, (&fake{}).sampler(o), []int32{1}).Committed
	}
	a, b, again := order(1), order(2), order(1)
	if !slices.EqualFunc(a, again, slices.Equal) {
		t.Errorf("the same seed gave %v and %v", a, again)
	}
	if slices.EqualFunc(a, b, slices.Equal) {
		t.Errorf("two seeds gave %v", a)
	}
	if slices.IsSortedFunc(a, slices.Compare[[]int]) {
		t.Errorf("order %v is not random", a)
	}
}

// TestSeeds: noise is drawn anew in every step and position, by the seed.
func TestSeeds(t *testing.T) {
	keys := func(seed uint64) map[backend.Key]bool {
		o := official(4, 2, 4)
		o.Temperature, o.Seed, o.TopK, o.TopP = 0.7, seed, 40, 0.9
		f := &fake{logOdds: func(_ int, p int32) float64 { return float64(p) }}
		collect(t, f.sampler(o), []int32{mask}) // which is asked in every step
		found := map[backend.Key]bool{}
		for _, a := range f.asks {
			if a.Pick.Temperature != 0.7 {
				t.Errorf("temperature %v asked", a.Pick.Temperature)
			}
			if a.Pick.TopK != 40 || a.Pick.TopP != 0.9 {
				t.Errorf("top k %d, top p %v asked", a.Pick.TopK, a.Pick.TopP)
			}
			for _, k := range a.Pick.Noise {
				found[k] = true
			}
		}
		return found
	}
	a, b := keys(1), keys(2)
	if len(a) != 3+2+3+2 {
		t.Errorf("%d different keys, want 10", len(a))
	}
	for k := range a {
		if b[k] {
			t.Errorf("seeds 1 and 2 share key %v", k)
		}
	}
}

func TestFailures(t *testing.T) {
	broken := errors.New("broken")
	t.Run("predictor", func(t *testing.T) {
		f := &fake{fail: map[int]error{2: broken}}
		s := f.sampler(official(4, 4, 4))
		n, last := 0, error(nil)
		for _, err := range s.Run(t.Context(), nil) {
			n, last = n+1, err
		}
		if n != 3 || !errors.Is(last, broken) {
			t.Errorf("%d events, the last with error %v", n, last)
		}
	})
	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		f := &fake{}
		n, last := 0, error(nil)
		for _, err := range f.sampler(official(4, 4, 4)).Run(ctx, nil) {
			n, last = n+1, err
			cancel()
		}
		if n != 2 || !errors.Is(last, context.Canceled) {
			t.Errorf("%d events, the last with error %v", n, last)
		}
	})
	t.Run("canceled without masks left", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for e, err := range (&fake{}).sampler(official(1, 1, 9)).Run(ctx, nil) {
			if last = err; e.Step == 3 {
				cancel()
			}
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("error %v", last)
		}
	})
	t.Run("broken off", func(t *testing.T) {
		f := &fake{}
		for range f.sampler(official(4, 4, 4)).Run(t.Context(), nil) {
			break
		}
		if len(f.batches) != 1 {
			t.Errorf("%d passes after the loop was left in the first", len(f.batches))
		}
	})
	t.Run("context exceeded", func(t *testing.T) {
		f := &fake{}
		s := f.sampler(official(32, 32, 32))
		s.Context = 40
		var last error
		for _, err := range s.Run(t.Context(), make([]int32, 9)) {
			last = err
		}
		const want = "a prompt of 9 tokens and 32 to generate make 41, above the model's context of 40"
		if last == nil || !strings.Contains(last.Error(), want) || len(f.batches) != 0 {
			t.Errorf("error %v after %d passes, want %q", last, len(f.batches), want)
		}
		s.Options = official(math.MaxInt, math.MaxInt, 1)
		if _, err := sample.New(s.config(), []int32{1}); err == nil || !strings.Contains(err.Error(), "above the model's context of 40") {
			t.Errorf("the longest answer that can be written down: error %v", err)
		}
		s.Options, s.Context = official(32, 32, 32), 41
		if r := collect(t, s, make([]int32, 9)); len(r.IDs) != 32 {
			t.Errorf("%d ids where the context is filled", len(r.IDs))
		}
	})
}
