//go:build !purego

package asm

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// Start takes the best tier of the processor. Where LLADA_TEST_TIER tells what
// that is on the machine, it is that one.
func TestStart(t *testing.T) {
	defer Use(Active())
	t.Setenv(Variable, "")
	if err := Start(); err != nil {
		t.Fatal(err)
	}
	order := []string{"generic", "neon", "dotprod", "i8mm"}
	if got := Names(false); !slices.Equal(got, order) {
		t.Fatalf("tiers %q, want %q", got, order)
	}
	supported := Names(true)
	if best := supported[len(supported)-1]; Active() != best {
		t.Errorf("started %q of %q", Active(), supported)
	}
	want, ok := os.LookupEnv("LLADA_TEST_TIER")
	if !ok {
		return
	}
	if Active() != want {
		t.Errorf("started %q, this processor's is %q", Active(), want)
	}
	// A processor with one tier has those before it.
	if i := slices.Index(order, want); !slices.Equal(supported, order[:i+1]) {
		t.Errorf("supported: %q", supported)
	}
}

// Every tier quantizes as the generic one, in its own order.
func TestQuantize(t *testing.T) {
	const cols = 512
	rng := rand.New(rand.NewPCG(10, 1))
	for n := 1; n <= 25; n++ {
		x := random(rng, n*cols, 1)
		for g := 0; g < len(x); g += GroupCols {
			f := float32(math.Pow(10, float64(rng.IntN(70)-40)))
			for i := range GroupCols {
				x[g+i] *= f
			}
		}
		if n > 1 {
			x[0], x[GroupCols] = tiny, math.Nextafter32(tiny, 0)
			clear(x[1:GroupCols])
			clear(x[GroupCols+1 : 2*GroupCols])
			x[2*GroupCols] = float32(math.Copysign(0, -1))
			clear(x[2*GroupCols+1 : 3*GroupCols])
			for i := range GroupCols {
				x[3*GroupCols+i] = float32(i) - 63.5 // ties
			}
			x[3*GroupCols] = 127
		}
		var want *Acts
		all(t, "quantize", func(t *testing.T) {
			got := new(Acts)
			got.Reset(n, cols)
			for p := range got.Panels() {
				got.Fill(p, x, cols)
			}
			if step := active.ints.step; step != 4 {
				q := slices.Clone(got.q)
				for _, p := range got.panels {
					at := p.first * cols
					for i := range p.m * cols {
						row, k := i/cols, i%cols
						q[at+(k/4*p.m+row)*4+k%4] = got.q[at+(k/step*p.m+row)*step+k%step]
					}
				}
				got.q = q
			}
			if want == nil {
				want = got
			}
			if !slices.Equal(got.q, want.q) || !slices.Equal(got.scale, want.scale) || !slices.Equal(got.comp, want.comp) {
				t.Errorf("%d rows differ from the generic ones", n)
			}
		})
	}
}
