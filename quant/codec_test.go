package quant

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"llada/formats"
)

var quantized = []formats.Encoding{formats.Q4, formats.Q6, formats.Q8}

func codec(t testing.TB, e formats.Encoding) Codec {
	t.Helper()
	c, err := Default(e)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func gauss(n int, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64()) * 0.02
	}
	return x
}

// encode encodes a rows × cols matrix group by group.
func encode(c Codec, w []float32, rows, cols int, importance []float32) []byte {
	var out []byte
	for r := 0; r < rows; r += TileRows {
		n := min(TileRows, rows-r)
		size := c.Size(TileRows, cols)
		if _, plain := c.(Plain); plain {
			size = c.Size(n, cols)
		}
		group := make([]byte, size)
		c.EncodeGroup(group, w[r*cols:(r+n)*cols], n, cols, importance)
		out = append(out, group...)
	}
	return out
}

func decode(c Codec, data []byte, rows, cols int) []float32 {
	out := make([]float32, rows*cols)
	for r := range rows {
		c.DecodeRow(out[r*cols:(r+1)*cols], data, cols, r)
	}
	return out
}

func snr(x, y []float32) float64 {
	var s, e float64
	for i := range x {
		s += float64(x[i]) * float64(x[i])
		d := float64(x[i]) - float64(y[i])
		e += d * d
	}
	return 10 * math.Log10(s/e)
}

func TestBitsPerWeight(t *testing.T) {
	for e, want := range map[formats.Encoding]float64{
		formats.F32: 32, formats.BF16: 16, formats.Q8: 8.125, formats.Q6: 6.3125, formats.Q4: 4.3125,
	} {
		const rows, cols = 4096, 12288
		if got := float64(codec(t, e).Size(rows, cols)) * 8 / (rows * cols); got != want {
			t.Errorf("%s: %v bits per weight, want %v", e, got, want)
		}
	}
	if Q4TileBytes != 2208 || Q6TileBytes != 3232 || Q8TileBytes != 4160 {
		t.Errorf("tile sizes %d %d %d", Q4TileBytes, Q6TileBytes, Q8TileBytes)
	}
}

// The figures of a simulation on 65 536 Gaussian weights.
func TestGaussianError(t *testing.T) {
	const rows, cols = 64, 2048
	w := gauss(rows*cols, 7)
	for e, want := range map[formats.Encoding]float64{formats.Q4: 22.7, formats.Q6: 33.1, formats.Q8: 43.9} {
		c := codec(t, e)
		got := snr(w, decode(c, encode(c, w, rows, cols, nil), rows, cols))
		t.Logf("%s: %.2f dB", e, got)
		if got < want {
			t.Errorf("%s: %.2f dB on Gaussian weights, want at least %.1f", e, got, want)
		}
	}
}

var _ = bytes.Equal
var _ = fmt.Sprint

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
