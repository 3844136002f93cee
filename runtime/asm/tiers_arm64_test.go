//go:build !purego

package asm

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// Where LLADA_TEST_TIER tells what the best tier of the machine is, that one is
// chosen.
func TestTierOfMachine(t *testing.T) {
	order := []string{"generic", "neon", "dotprod", "i8mm"}
	if got := Names(false); !slices.Equal(got, order) {
		t.Fatalf("tiers %q, want %q", got, order)
	}
	want, ok := os.LookupEnv("LLADA_TEST_TIER")
	if !ok {
		return
	}
	if best, _ := choose(tiers, ""); best.Name != want {
		t.Errorf("%q is chosen, this processor's is %q", best.Name, want)
	}
	// A processor with one tier has those before it.
	if i := slices.Index(order, want); !slices.Equal(Names(true), order[:i+1]) {
		t.Errorf("supported: %q", Names(true))
	}
}

// Every tier quantizes as the generic one, each with columns in its own order.
func TestQuantizeOrder(t *testing.T) {
	const cols = 512
	rng := rand.New(rand.NewPCG(10, 1))
	for n := 1; n <= 25; n++ {
		x := random(rng, n*cols, 1)
		for g := 0; g < len(x); g += GroupCols {
			edgeGroup(rng, g/GroupCols, x[g:g+GroupCols])
		}
		var want *Acts // in the order of 4 columns
		all(t, "quantize", func(t *testing.T) {
			got := new(Acts)
			got.Reset(n, cols)
			for i := range got.Slivers() {
				got.Fill(i, x, cols)
			}
			packed, step := slices.Clone(got.q), active.ints.step
			for _, p := range got.slivers {
				for s := range cols / PanelCols {
					at, _ := got.at(s, p)
					for i := range p.m * PanelCols {
						row, k := i/PanelCols, i%PanelCols
						got.q[at+(k/4*p.m+row)*4+k%4] = packed[at+(k/step*p.m+row)*step+k%step]
					}
				}
			}
			got.forget()
			if want == nil {
				want = got
			}
			if !slices.Equal(got.q, want.q) || !slices.EqualFunc(got.scale, want.scale, same) || !slices.Equal(got.comp, want.comp) {
				t.Errorf("%d rows differ from the generic ones", n)
			}
		})
	}
}

func TestProbes(t *testing.T) {
	for _, tier := range tiers[1:] {
		if tier.ok {
			tier.ints.probe(1)
			tier.ints.probe(3)
		}
	}
	chain(1)
	chain(3)
	if f := Clock(1, 24); !(f > 0) {
		t.Errorf("a clock of %v Hz", f)
	}
}
