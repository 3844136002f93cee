package asm

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkSuperblock works on one superblock that stays in the first cache: the
// product with a sliver, decoding the two tiles, and both at once where a tier
// can. A sliver of 12 rows takes 768 cycles at 128 multiply-adds a cycle.
func BenchmarkSuperblock(b *testing.B) {
	for _, tier := range Names(true) {
		for e, name := range encodingNames {
			b.Run(tier+"/"+name, func(b *testing.B) {
				defer Use(Active())
				if err := Use(tier); err != nil {
					b.Fatal(err)
				}
				benchmarkSuperblock(b, Encoding(e))
			})
		}
	}
}

func benchmarkSuperblock(b *testing.B, e Encoding) {
	rng := rand.New(rand.NewPCG(1, 1))
	var tiles [2][]byte
	for i := range tiles {
		tile, _, _ := e.random(rng, &gaussCodebook)
		tiles[i] = append(tile, make([]byte, 3*len(tile))...) // what is asked for ahead
	}
	s := new(Decoder)
	now, next := &s[0], &s[1]
	decode := func(s *decoded) {
		for i, tile := range tiles {
			s.decode(i, e, tile, &gaussCodebook)
		}
	}
	clock := Clock(1, 24)
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*clock, "cycles")
		})
	}
	decode(now)
	run("decode", func() { decode(next) })
	for w, m := range widths[:2] {
		x, out := random(rng, m*PanelCols, 0), make([]float32, m*StripRows)
		var a Acts
		a.Reset(m, PanelCols)
		a.Fill(0, x, PanelCols)
		run(fmt.Sprintf("product/M=%d", m), func() { now.product(out, e, &a, 0, 0, nil) })
		if both := active.ints.decodingProduct[e][w]; both != nil {
			run(fmt.Sprintf("both/M=%d", m), func() {
				both(&out[0], &now.w[0], &now.d[0][0][0], &a.q[0], &a.scale[0], &a.comp[0],
					&next.w[0], &next.d[0][0][0], &tiles[0][0], &tiles[1][0], &tiles[0][0], &tiles[1][0], &gaussCodebook[0])
			})
		}
	}
}
