package sample_test

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"llada/runtime/backend"
	"llada/runtime/sample"
)

// noise is a candidate source that depends on seed, call and position.
func noise(seed uint64) *fake {
	at := func(n int, p int32, stream uint64) float64 {
		return backend.NewKey(seed, uint64(n), uint64(p), stream).Uniform(0)
	}
	return &fake{
		token: func(n int, p int32) int32 {
			if id := int32(at(n, p, 0) * 60); id < 50 {
				return id
			}
			return []int32{eos, eot}[p%2]
		},
		logOdds: func(n int, p int32) float64 { return float64(int(at(n, p, 1)*8)) - 3 }, // with ties
	}
}

func drawOptions(t *rapid.T) sample.Options {
	blocks := rapid.IntRange(1, 4).Draw(t, "blocks")
	o := sample.Options{BlockLength: rapid.IntRange(1, 9).Draw(t, "block"), Seed: rapid.Uint64().Draw(t, "seed")}
	o.GenLength = blocks * o.BlockLength
	switch rapid.IntRange(0, 2).Draw(t, "rule") {
	case 0:
		o.Steps = blocks * rapid.IntRange(1, 12).Draw(t, "steps")
		o.Random = rapid.Bool().Draw(t, "random")
	case 1:
		o.Threshold = rapid.Float64Range(0.01, 1).Draw(t, "threshold")
	case 2:
		o.Factor = rapid.Float64Range(0.01, 5).Draw(t, "factor")
	}
	o.Guidance = float64(rapid.IntRange(0, 1).Draw(t, "guidance"))
	o.Temperature = float64(rapid.IntRange(0, 1).Draw(t, "temperature"))
	return o
}

// TestEveryMaskOnce: every mask of the canvas becomes a token exactly once, in
// its block's turn, and nothing else is ever touched.
func TestEveryMaskOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOptions(t)
		prompt := rapid.SliceOfN(rapid.Int32Range(0, 89), 0, 9).Draw(t, "prompt")
		s := noise(rapid.Uint64().Draw(t, "noise")).sampler(o)
		seen := map[int]bool{}
		before := slices.Concat(prompt, slices.Repeat([]int32{mask}, o.GenLength))
		step, stopped := 0, ""
		for e, err := range s.Run(context.Background(), prompt) {
			if err != nil {
				t.Fatal(err)
			}
			if stopped != "" {
				t.Fatalf("an event after the one with stop %q", stopped)
			}
			if step++; e.Step != step {
				t.Fatalf("step %d, want %d", e.Step, step)
			}
			if o.Steps == 0 && len(e.Changes) == 0 {
				t.Fatalf("step %d commits nothing", step)
			}
			lo := len(prompt) + e.Block*o.BlockLength
			for _, c := range e.Changes {
				if c.Position < lo || c.Position >= lo+o.BlockLength {
					t.Fatalf("position %d committed in block %d of [%d, %d)", c.Position, e.Block, lo, lo+o.BlockLength)
				}
				if seen[c.Position] {
					t.Fatalf("position %d committed twice", c.Position)
				}
				if c.Old != mask {
					t.Fatalf("position %d was token %d, not a mask", c.Position, c.Old)
				}
				if c.New == mask {
					t.Fatalf("the mask token is committed at %d", c.Position)
				}
				seen[c.Position] = true
				before[c.Position] = c.New
			}
			if !slices.Equal(e.Canvas, before) {
				t.Fatalf("step %d: canvas %v, its commits give %v", step, e.Canvas, before)
			}
			stopped = e.Stop
		}
		if len(seen) != o.GenLength || slices.Contains(before, mask) {
			t.Fatalf("%d of %d masks became tokens", len(seen), o.GenLength)
		}
		if o.Steps > 0 && step != o.Steps {
			t.Fatalf("%d steps, want %d", step, o.Steps)
		}
		if stopped == "" {
			t.Fatal("the last event has no stop")
		}
	})
}

// TestAsked: exactly the masks up to the block's end are asked for, in order,
// and the mask token is never allowed.
func TestAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOptions(t)
		prompt := rapid.SliceOfN(rapid.SampledFrom([]int32{1, 2, 3, mask}), 0, 9).Draw(t, "prompt")
		f := noise(rapid.Uint64().Draw(t, "noise"))
		s := f.sampler(o)
		calls := 0
		for e, err := range s.Run(context.Background(), prompt) {
			if err != nil {
				t.Fatal(err)
			}
			if len(f.batches) == calls {
				continue // no mask was left: no pass
			}
			b, ask := f.batches[calls], f.asks[calls]
			calls++
			end := len(prompt) + (e.Block+1)*o.BlockLength
			var want []int32
			for i, id := range b[0].IDs[:end] {
				if id == mask {
					want = append(want, int32(i))
				}
			}
			if !slices.Equal(b[0].Asked, want) {
				t.Fatalf("asked for %v, want %v", b[0].Asked, want)
			}
			if !slices.Equal(ask.Pick.Never, []int32{mask}) {
				t.Fatalf("never %v, want the mask token", ask.Pick.Never)
			}
			if got, want := len(ask.Pick.Noise), len(want); o.Temperature > 0 && got != want || o.Temperature == 0 && got != 0 {
				t.Fatalf("%d noise keys for %d rows at temperature %v", got, want, o.Temperature)
			}
			perPass := 1
			if o.Guidance > 0 {
				perPass = 2
			}
			if len(b) != perPass || e.ForwardPasses != calls*perPass {
				t.Fatalf("%d sequences, %d passes after %d calls", len(b), e.ForwardPasses, calls)
			}
		}
	})
}
