package asm

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

func TestTranspose(t *testing.T) {
	all(t, "transpose", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(12, 1))
		for _, words := range []int{0, 1, 7, 8, 9, 24, 127, 128} {
			for offset := range 3 {
				stride := 4*words + 2*offset
				src := make([]byte, offset+31*stride+4*words)[offset:]
				for i := range src {
					src[i] = byte(rng.Uint32())
				}
				const guard = 0xfeedface
				all := make([]uint32, words*StripRows+2*guardWords)
				for i := range all {
					all[i] = guard
				}
				dst := all[guardWords:][:words*StripRows]
				Transpose(dst, src, stride, words)
				for i := range guardWords {
					if all[i] != guard || all[guardWords+len(dst)+i] != guard {
						t.Fatalf("%d words: something beside the output was overwritten", words)
					}
				}
				for i, v := range dst {
					if want := binary.LittleEndian.Uint32(src[i%32*stride+i/32*4:]); v != want {
						t.Fatalf("%d words: word %d of row %d is %08x, want %08x", words, i/32, i%32, v, want)
					}
				}
			}
		}
	})
}

// A pair's lower half is the even column.
func TestWiden(t *testing.T) {
	pairs, got := make([]uint32, 2*StripRows), make([]float32, 4*StripRows)
	pairs[5], pairs[StripRows+7] = 0x3f804000, 0xc0400000 // 1 and 2; −3 and 0
	Widen(got, pairs)
	want := make([]float32, 4*StripRows)
	want[5], want[StripRows+5], want[3*StripRows+7] = 2, 1, -3
	sameBits(t, got, want)
}

func BenchmarkTranspose(b *testing.B) {
	for _, tier := range Names(true) {
		b.Run(tier, func(b *testing.B) {
			defer Use(Active())
			if err := Use(tier); err != nil {
				b.Fatal(err)
			}
			const words = 128
			src, dst := make([]byte, 31*8192+4*words), make([]uint32, words*StripRows)
			for b.Loop() {
				Transpose(dst, src, 8192, words)
			}
		})
	}
}
