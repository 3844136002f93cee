package quant

import "testing"

func BenchmarkEncode(b *testing.B) {
	const rows, cols = 16, 4096
	w := gauss(rows*cols, 3)
	for _, e := range quantized {
		b.Run(string(e), func(b *testing.B) {
			c := codec(b, e)
			dst := make([]byte, c.Size(rows, cols))
			for b.Loop() {
				c.EncodeGroup(dst, w, rows, cols, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows*cols), "ns/weight")
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
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows*cols), "ns/weight")
		})
	}
}
