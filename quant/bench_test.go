package quant

import (
	"testing"

	"llada/runtime/asm"
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

func reportRate(b *testing.B, weights int64) {
	b.ReportMetric(float64(b.N)*float64(weights)/b.Elapsed().Seconds()/1e6, "Mweights/s")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkEncode(b *testing.B) {
	const rows, cols = 16, 4096
	w := gauss(rows*cols, 3)
	for _, e := range quantized {
		b.Run(string(e), func(b *testing.B) {
			eachTier(b, func(b *testing.B) {
				c := codec(b, e)
				dst := make([]byte, c.Size(rows, cols))
				for b.Loop() {
					c.EncodeGroup(dst, w, rows, cols, nil)
				}
				reportRate(b, rows*cols)
			})
		})
	}
}

func BenchmarkPanel(b *testing.B) {
	const rows, cols = 16, 4096
	w := gauss(rows*cols, 3)
	for _, e := range quantized {
		b.Run(string(e), func(b *testing.B) {
			c := codec(b, e).(Quantized)
			data := encode(c, w, rows, cols, nil)
			var p Panel
			for b.Loop() {
				for s := range cols / TileCols {
					c.Panel(&p, data[s*c.TileBytes():])
				}
			}
			reportRate(b, rows*cols)
		})
	}
}
