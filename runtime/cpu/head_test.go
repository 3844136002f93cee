package cpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"llada/runtime/asm"
	"llada/runtime/backend"
)

// BenchmarkDraw takes one token of LLaDA-8B's vocabulary.
func BenchmarkDraw(b *testing.B) {
	const vocab = 126464
	logits := make([]float32, vocab)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range logits {
		logits[i] = float32(rng.NormFloat64() * 3)
	}
	noise := []backend.Key{backend.NewKey(1)}
	for _, p := range []backend.Pick{
		{}, {Temperature: 0.7}, {Temperature: 0.7, TopK: 50}, {Temperature: 0.7, TopK: 50, TopP: 0.9}, {Temperature: 0.7, TopP: 0.9},
	} {
		b.Run(fmt.Sprintf("T=%v,k=%d,p=%v", p.Temperature, p.TopK, p.TopP), func(b *testing.B) {
			p.Noise = noise
			ask, loops := &backend.Ask{Rows: 1, Pick: &p}, newLoops(new(asm.Top))
			ans := ask.NewAnswer()
			for b.Loop() {
				ask.ReduceBy(loops, &ans, 0, logits)
			}
		})
	}
}
