package bundle_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"llada/formats"
	"llada/runtime/sample"
)

// mix draws what generations may differ in: prompt, lengths, rule, temperature,
// guidance, what is forbidden, seed.
func mix(rng *rand.Rand) (sample.Options, []int32) {
	blocks := 1 + rng.IntN(3)
	o := sample.Options{BlockLength: []int{4, 8, 16}[rng.IntN(3)], EarlyStop: rng.IntN(2) == 0, Seed: rng.Uint64()}
	o.GenLength = blocks * o.BlockLength
	switch rng.IntN(4) {
	case 0:
		o.Steps = blocks * (1 + rng.IntN(4))
	case 1:
		o.Steps, o.Random = blocks*2, true
	case 2:
		o.Threshold = 0.5 + rng.Float64()/2
	case 3:
		o.Factor = 0.5 + rng.Float64()
	}
	switch rng.IntN(3) {
	case 0:
		o.Temperature = 0.3 + rng.Float64()
	case 1:
		o.Temperature, o.TopK, o.TopP = 1, 1+rng.IntN(40), 0.5+rng.Float64()/2
	}
	if rng.IntN(3) == 0 {
		o.Guidance = 2 * rng.Float64()
	}
	o.LogitsEOSInf, o.ConfidenceEOSEOTInf = rng.IntN(4) == 0, rng.IntN(4) == 0
	prompt := make([]int32, 1+rng.IntN(40))
	for i := range prompt {
		if prompt[i] = int32(rng.IntN(2000)); rng.IntN(12) == 0 {
			prompt[i] = 2042
		}
	}
	return o, prompt
}

// Generations in one pass, every one unlike the others, are each what it is alone:
// candidates, positions, tokens and counts, 20 mixes of them.
func TestGenerationsSharePasses(t *testing.T) {
	if os.Getenv("LLADA_TEST_EXEC") != "" {
		t.Skip("minutes under emulation, where runtime/model compares passes of several sequences")
	}
	b := open(t, tiny(t, formats.Q4), int8Path)
	rng := rand.New(rand.NewPCG(10, 4))
	mixes := 20
	if testing.Short() {
		mixes = 2
	}
	for m := range mixes {
		var together, alone []*sample.Generation
		for range 2 + rng.IntN(3) {
			o, prompt := mix(rng)
			for _, list := range []*[]*sample.Generation{&together, &alone} {
				g, err := sample.New(b.Generations(o), prompt)
				if err != nil {
					t.Fatal(err)
				}
				*list = append(*list, g)
			}
		}
		run := func(gs ...*sample.Generation) [][]sample.Event {
			events := make([][]sample.Event, len(gs))
			for e, err := range sample.Run(t.Context(), b, gs...) {
				if err != nil {
					t.Fatal(err)
				}
				i := e.Generation
				e.Canvas, e.Generation = slices.Clone(e.Canvas), 0
				events[i] = append(events[i], e)
			}
			return events
		}
		got := run(together...)
		for i, g := range alone {
			if diff := cmp.Diff(run(g)[0], got[i]); diff != "" {
				t.Fatalf("mix %d, generation %d, alone and in company:\n%s", m, i, diff)
			}
			if diff := cmp.Diff(g.Result(), together[i].Result()); diff != "" {
				t.Fatalf("mix %d, generation %d, results:\n%s", m, i, diff)
			}
		}
	}
}
