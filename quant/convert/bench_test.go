package convert

import (
	"path/filepath"
	"runtime"
	"testing"

	"llada/formats"
	"llada/formats/container"
	"llada/runtime/asm"
	"llada/testdata/checkpoint"
)

// eachTier runs f with the kernels of every tier that the processor has.
func eachTier(b *testing.B, f func(b *testing.B)) {
	defer asm.Use(asm.Active())
	for _, tier := range asm.Names(true) {
		if err := asm.Use(tier); err != nil {
			b.Fatal(err)
		}
		b.Run(tier, f)
	}
}

// Execute on one core: reading bfloat16 that is in memory, encoding, figures,
// checksum and writing.
func BenchmarkExecute(b *testing.B) {
	v := take(b, randomCheckpoint(b, checkpoint.Options{}, "n_layers", 1, "d_model", 1024, "n_heads", 8,
		"n_kv_heads", 8, "mlp_hidden_size", 3072, "vocab_size", 100, "embedding_size", 100,
		"mask_token_id", 98, "eos_token_id", 3))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, e := range []formats.Encoding{formats.Q4, formats.Q6, formats.Q8} {
		b.Run(string(e), func(b *testing.B) {
			p := plan(b, v, policy(b, e, "", ""))
			var weights int64
			for _, o := range p.Outputs() {
				weights += o.Elements()
			}
			eachTier(b, func(b *testing.B) {
				for b.Loop() {
					w, err := container.Create(filepath.Join(b.TempDir(), "out.llada"), container.Options{})
					if err != nil {
						b.Fatal(err)
					}
					w.SetModel(v.Model)
					if _, err := p.execute(b.Context(), v, w, &Run{Threads: 1}); err != nil {
						b.Fatal(err)
					}
					w.Abort()
				}
				b.ReportMetric(float64(b.N)*float64(weights)/b.Elapsed().Seconds()/1e6, "Mweights/s")
				b.ReportMetric(0, "ns/op")
			})
		})
	}
}
