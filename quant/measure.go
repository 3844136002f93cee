package quant

import (
	"context"
	"fmt"
	"math"

	"llada/runtime/asm"
)

// Errors are the figures of what an encoding did to a tensor.
type Errors struct {
	RelativeRMS float64 // √(Σ(x−y)²/Σx²)
	MaxAbs      float64 // max |x−y|
}

// SNR is the signal-to-noise ratio in dB; +∞ for an exact copy.
func (e Errors) SNR() float64 { return -20 * math.Log10(e.RelativeRMS) }

// sums accumulate Errors, in float64. The order is fixed, whatever the number of
// threads: by groups of 16 rows; within one, by lanes, which are folded in
// halves (8, 4, 2, 1). The lanes of a quantized matrix are the rows of the
// group, each summed over its columns; number i of a plain one goes to lane
// i mod 16, rows one after another.
type sums struct{ signal, noise, most float64 }

// plainSums sums numbers that are not in tiles.
func plainSums(x, y []float32) sums {
	var e asm.ErrorSums
	for i, v := range x {
		d := float64(v) - float64(y[i])
		l := i % TileRows
		e.Signal[l] += float64(float64(v) * float64(v))
		e.Noise[l] += float64(d * d)
		e.Most[l] = max(e.Most[l], math.Abs(d))
	}
	return foldSums(&e)
}

func foldSums(e *asm.ErrorSums) sums {
	for h := TileRows / 2; h > 0; h /= 2 {
		for i := range h {
			e.Signal[i] += e.Signal[i+h]
			e.Noise[i] += e.Noise[i+h]
			e.Most[i] = max(e.Most[i], e.Most[i+h])
		}
	}
	return sums{e.Signal[0], e.Noise[0], e.Most[0]}
}

func (s *sums) merge(t sums) {
	s.signal += t.signal
	s.noise += t.noise
	s.most = max(s.most, t.most)
}

func (s *sums) errors() Errors {
	e := Errors{MaxAbs: s.most}
	if s.noise > 0 {
		e.RelativeRMS = math.Sqrt(s.noise / s.signal)
	}
	return e
}

// Measure compares what a matrix was encoded to with the matrix.
func Measure(ctx context.Context, data []byte, c Codec, from Rows, run Run) (Errors, error) {
	rows, cols := from.Rows(), from.Cols()
	if size := c.Size(rows, cols); int64(len(data)) != size {
		return Errors{}, fmt.Errorf("%d×%d weights are %d bytes of %s, not %d", rows, cols, size, c.Encoding(), len(data))
	}
	part := make([]sums, ceil(rows, TileRows))
	err := parallel(ctx, run, len(part), func() *meter {
		return newMeter(c, from)
	}, func(m *meter, g int) (err error) {
		part[g], err = m.group(data, g)
		return err
	})
	var total sums
	for _, p := range part {
		total.merge(p)
	}
	return total.errors(), err
}

// meter sums the errors of groups of 16 rows. Each worker has its own.
type meter struct {
	codec Codec
	reader
	tiles *work // of a quantized encoding
	panel Panel
	y     []float32 // of others
}

func newMeter(c Codec, from Rows) *meter {
	m := &meter{codec: c, reader: reader{from: from}}
	if _, ok := c.(tiler); ok {
		m.tiles = new(work)
	}
	return m
}

func (m *meter) group(data []byte, g int) (sums, error) {
	if m.tiles == nil {
		return m.plain(data, g)
	}
	from, err := m.reader.group(g)
	if err != nil {
		return sums{}, err
	}
	c, k, p := m.codec.(tiler), m.tiles, &m.panel
	var e asm.ErrorSums
	tiles, tb := ceil(from.cols, TileCols), c.TileBytes()
	for s := range tiles {
		if _, err := from.read(k, s); err != nil {
			return sums{}, err
		}
		at := (g*tiles + s) * tb
		c.Panel(p, data[at:at+tb])
		k.w = p.W
		for r := range TileRows {
			k.d[0][r], k.d[1][r] = p.D[r], p.D[TileRows+r]
		}
		k.addErrors(&e, s, from.cols)
	}
	return foldSums(&e), nil
}

func (m *meter) plain(data []byte, g int) (sums, error) {
	x, err := m.numbers(g)
	if err != nil {
		return sums{}, err
	}
	cols := m.from.Cols()
	m.y = sized(m.y, len(x))
	for r := range len(x) / cols {
		m.codec.DecodeRow(m.y[r*cols:(r+1)*cols], data, cols, g*TileRows+r)
	}
	return plainSums(x, m.y), nil
}
