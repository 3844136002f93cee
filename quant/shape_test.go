package quant

import (
	"math"
	"math/rand/v2"
	"testing"

	"llada/formats"
	"pgregory.net/rapid"
)

// matrix draws the shape and content of a small matrix: ragged rows and
// columns, scales over many magnitudes, zeros and outliers in between.
func matrix(t *rapid.T) (w []float32, rows, cols int) {
	rows, cols = rapid.IntRange(1, 20).Draw(t, "rows"), rapid.IntRange(1, 530).Draw(t, "cols")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	scale := math.Pow(10, rapid.Float64Range(-25, 25).Draw(t, "magnitude"))
	zeros := rapid.Float64Range(0, 1).Draw(t, "zeros")
	outliers := rapid.Float64Range(0, 0.05).Draw(t, "outliers")
	w = make([]float32, rows*cols)
	for i := range w {
		v := rng.NormFloat64() * scale
		switch u := rng.Float64(); {
		case u < zeros*zeros:
			v = 0
		case u > 1-outliers:
			v *= 50
		}
		w[i] = float32(v)
	}
	return w, rows, cols
}

// worst is the greatest error of a weight, as a share of the largest weight of
// its row and superblock: half the widest gap of the values that the row can
// take, and what clipping the largest itself may cost. 20 000 draws reached
// 0.26, 0.06 and 0.02.
var worst = map[formats.Encoding]float64{formats.Q4: 0.40, formats.Q6: 0.12, formats.Q8: 0.08}

func TestErrorBound(t *testing.T) {
	seen := map[formats.Encoding]float64{}
	for _, e := range quantized {
		t.Run(string(e), func(t *testing.T) {
			c := codec(t, e).(Quantized)
			rapid.Check(t, func(t *rapid.T) {
				w, rows, cols := matrix(t)
				data := encode(c, w, rows, cols, nil)
				if len(data) != int(c.Size(rows, cols)) {
					t.Fatalf("%d bytes, want %d", len(data), c.Size(rows, cols))
				}
				y := decode(c, data, rows, cols)
				for r := range rows {
					for lo := 0; lo < cols; lo += TileCols {
						hi := min(lo+TileCols, cols)
						most := float64(absMax(w[r*cols+lo : r*cols+hi]))
						for k := r*cols + lo; k < r*cols+hi; k++ {
							if diff := math.Abs(float64(w[k]) - float64(y[k])); !(diff <= worst[e]*most) {
								t.Fatalf("row %d, column %d: %v decodes to %v; the largest weight is %v", r, k-r*cols, w[k], y[k], most)
							} else if most > 0 {
								seen[e] = max(seen[e], diff/most)
							}
						}
					}
				}
			})
			t.Logf("greatest error %.3f of the largest weight", seen[e])
		})
	}
}

// Each code stands for the nearest value that its row and block can take.
func TestCodesAreNearest(t *testing.T) {
	const rows, cols = 16, 512
	for _, e := range quantized {
		c := codec(t, e).(Quantized)
		w := heavy(rows*cols, 21)
		data := encode(c, w, rows, cols, nil)
		y := decode(c, data, rows, cols)
		var scratch []byte
		for r := range rows {
			for k := range cols {
				at := k / TileCols * c.TileBytes()
				scratch = append(scratch[:0], data[at:at+c.TileBytes()]...)
				best := math.Inf(1)
				for q := range 256 {
					setCode(e, scratch, r, k%TileCols, q)
					best = min(best, math.Abs(float64(w[r*cols+k])-float64(spec(e, scratch, r, k%TileCols))))
				}
				got := math.Abs(float64(w[r*cols+k]) - float64(y[r*cols+k]))
				if got > best*(1+1e-4) {
					t.Fatalf("%s: [%d][%d]: error %g, another code has %g", e, r, k, got, best)
				}
			}
		}
	}
}

// setCode writes code q, as far as it fits, by the layout's words.
func setCode(e formats.Encoding, tile []byte, r, k, q int) {
	if e == formats.Q8 {
		if q != 128 {
			tile[64+64*(k/4)+4*r+k%4] = byte(q)
		}
		return
	}
	b := &tile[160+64*(k/8)+4*r+k%4]
	if k%8 < 4 {
		*b = *b&0xf0 | byte(q&15)
	} else {
		*b = *b&0x0f | byte(q&15)<<4
	}
	if e == formats.Q6 {
		h, shift := &tile[2208+64*(k/16)+4*r+k%4], k%16/4*2
		*h = *h&^(3<<shift) | byte(q>>4&3)<<shift
	}
}

// Padding rows and blocks decode to exactly 0. Padding columns within a block
// may take the value next to 0 where q4 has none: activations are 0 there.
func TestPaddingIsZero(t *testing.T) {
	for _, e := range quantized {
		c := codec(t, e).(Quantized)
		for _, s := range []struct{ rows, cols int }{{1, 1}, {15, 255}, {16, 257}, {17, 256}, {3, 300}, {20, 31}, {1, 129}} {
			w := gauss(s.rows*s.cols, 8)
			for i := range w {
				w[i] += 0.1 // no column is near 0 by chance
			}
			data := encode(c, w, s.rows, s.cols, nil)
			full := (s.cols + 255) / 256 * 256
			row := make([]float32, full)
			for r := range (s.rows + 15) / 16 * 16 {
				c.DecodeRow(row, data, full, r)
				for k, v := range row {
					block := (s.cols + 31) / 32 * 32
					if (r >= s.rows || k >= block || e != formats.Q4 && k >= s.cols) && v != 0 {
						t.Fatalf("%s, %d×%d: padding [%d][%d] decodes to %v", e, s.rows, s.cols, r, k, v)
					}
				}
			}
		}
	}
}

// An importance of the real columns says nothing about the padding.
func TestPaddingHasNoImportance(t *testing.T) {
	const rows, cols = 3, 300
	w := gauss(rows*cols, 8)
	imp := make([]float32, cols)
	for i := range imp {
		imp[i] = 1
	}
	for _, e := range quantized {
		c := codec(t, e)
		if !bitsEqual(decode(c, encode(c, w, rows, cols, imp), rows, cols), decode(c, encode(c, w, rows, cols, nil), rows, cols)) {
			t.Errorf("%s: equal importance changes a ragged matrix", e)
		}
	}
}

func TestExtremes(t *testing.T) {
	const cols = 300
	fill := func(f func(i int) float32) []float32 {
		w := make([]float32, 2*cols)
		for i := range w {
			w[i] = f(i)
		}
		return w
	}
	sign := func(i int) float32 { return float32(1 - 2*(i%2)) }
	g := gauss(2*cols, 1)
	const largest = 0x1.FEp127 // of bfloat16
	for _, k := range []struct {
		name string
		w    []float32
	}{
		{"zeros", fill(func(int) float32 { return 0 })},
		{"one weight", fill(func(i int) float32 {
			if i == 77 {
				return -0.3
			}
			return 0
		})},
		{"all equal", fill(func(int) float32 { return 0.01 })},
		{"one huge outlier", fill(func(i int) float32 {
			if i == 5 {
				return 1e6
			}
			return g[i]
		})},
		{"denormals", fill(func(i int) float32 { return float32(i) * 1e-42 })},
		{"near tiny", fill(func(i int) float32 { return sign(i) * 1.01e-34 })},
		{"small beside large", fill(func(i int) float32 { return g[i] * float32(math.Pow(10, float64(i%60)-40)) })},
		{"large", fill(func(i int) float32 { return g[i] * 0x1p100 })},
		{"largest bfloat16", fill(func(i int) float32 { return sign(i) * largest })},
		{"largest beside ordinary", fill(func(i int) float32 {
			if i == 9 {
				return -largest
			}
			return g[i]
		})},
	} {
		for _, e := range quantized {
			c := codec(t, e)
			y := decode(c, encode(c, k.w, 2, cols, nil), 2, cols)
			if !finite(y) {
				t.Errorf("%s: %s: decodes to values that are no numbers", e, k.name)
			}
			if absMax(k.w) == 0 && absMax(y) != 0 {
				t.Errorf("%s: zeros decode to %v", e, absMax(y))
			}
		}
	}
}
