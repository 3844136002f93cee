package asm

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// panelReference is the definition with 64-bit sums, one output at a time.
func panelReference(out []float32, ldo int, w []int8, d []float32, a []int8, lda int, s []float32, lds int, n int) {
	for t := range n {
		for r := range 16 {
			for g := range 2 {
				sum := int64(0)
				for k := 128 * g; k < 128*g+128; k++ {
					sum += int64(w[k/4*64+4*r+k%4]) * int64(a[t*lda+k])
				}
				u := float32(sum) * d[g*16+r]
				v := float32(u) * s[t*lds+g]
				out[t*ldo+r] += float32(v)
			}
		}
	}
}

func TestPanel(t *testing.T) {
	all(t, "panel", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 1))
		for n := 1; n <= 33; n++ {
			for _, c := range []struct{ offset, ldo, lda, lds int }{
				{0, 16, 256, 2}, {1, 16, 256, 2}, {1, 19, 259, 3}, {3, 40, 768, 6},
			} {
				t.Run(fmt.Sprintf("rows=%d/apart=%d+%d", n, c.ldo, c.offset), func(t *testing.T) {
					w, a := randomInt8(rng, PanelBytes, c.offset), randomInt8(rng, (n-1)*c.lda+256, c.offset)
					d, s := random(rng, PanelScales, c.offset), random(rng, (n-1)*c.lds+2, c.offset)
					got, want := newGuarded((n-1)*c.ldo+16, c.offset), newGuarded((n-1)*c.ldo+16, 0)
					for i, v := range random(rng, len(want.x), 0) { // the product is added
						got.x[i], want.x[i] = v, v
					}
					Panel(got.x, c.ldo, w, d, a, c.lda, s, c.lds, n)
					panelReference(want.x, c.ldo, w, d, a, c.lda, s, c.lds, n)
					sameBits(t, got.x, want.x)
					got.check(t)
				})
			}
		}
	})
}

// With scales that are powers of two nothing rounds: outputs are integers, and
// one wrong or saturated product shows.
func TestPanelIsExactInIntegers(t *testing.T) {
	all(t, "panel", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(2, 1))
		for _, c := range []struct {
			name string
			w, a func() int8
		}{
			{"127·127", func() int8 { return 127 }, func() int8 { return 127 }},
			{"−127·127", func() int8 { return -127 }, func() int8 { return 127 }},
			{"−128·−128", func() int8 { return -128 }, func() int8 { return -128 }},
			{"−128·127", func() int8 { return -128 }, func() int8 { return 127 }},
			{"127·−128", func() int8 { return 127 }, func() int8 { return -128 }},
			{"random signs", func() int8 { return int8(254*rng.IntN(2) - 127) }, func() int8 { return int8(254*rng.IntN(2) - 127) }},
			{"random", func() int8 { return int8(rng.Uint32()) }, func() int8 { return int8(rng.Uint32()) }},
			{"one weight", func() int8 { return int8(rng.IntN(64) / 63) }, func() int8 { return int8(rng.Uint32()) }},
		} {
			const n = 5
			w, a := make([]int8, PanelBytes), make([]int8, n*256)
			for i := range w {
				w[i] = c.w()
			}
			for i := range a {
				a[i] = c.a()
			}
			d, s := make([]float32, PanelScales), make([]float32, n*2)
			for i := range d {
				d[i] = 2
			}
			for i := range s {
				s[i] = 0.5
			}
			out := make([]float32, n*16)
			Panel(out, 16, w, d, a, 256, s, 2, n)
			for i, got := range out {
				want := int64(0)
				for k := range 256 {
					want += int64(w[k/4*64+4*(i%16)+k%4]) * int64(a[i/16*256+k])
				}
				if int64(got) != want || got != float32(want) {
					t.Fatalf("%s: output %d is %v, want %d", c.name, i, got, want)
				}
			}
		}
	})
}

// Outputs of one row do not depend on how many rows are computed with it.
func TestPanelRowsAreIndependent(t *testing.T) {
	all(t, "panel", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 1))
		const n = 33
		w, a := randomInt8(rng, PanelBytes, 0), randomInt8(rng, n*256, 0)
		d, s := random(rng, PanelScales, 0), random(rng, n*2, 0)
		whole, single := make([]float32, n*16), make([]float32, n*16)
		Panel(whole, 16, w, d, a, 256, s, 2, n)
		for i := range n {
			Panel(single[i*16:], 16, w, d, a[i*256:], 256, s[i*2:], 2, 1)
		}
		sameBits(t, whole, single)
	})
}
