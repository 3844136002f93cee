package quant

import (
	"context"
	"fmt"
	"math"

	"llada/formats"
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

// Measure compares a tensor of a container with the checkpoint's, row by row.
func Measure(ctx context.Context, ref, got formats.Tensor, threads int) (Errors, error) {
	c, err := For(got.Info)
	if err != nil {
		return Errors{}, err
	}
	rows, cols := got.Rows(), got.Cols()
	source := func(row int) int { return row }
	if got.Replaces != nil {
		source = func(row int) int { return int(got.Replaces[row]) }
	}
	for row := range rows {
		if s := source(row); s < 0 || s >= ref.Rows() || ref.Cols() != cols {
			return Errors{}, fmt.Errorf("tensor %s: shape %v does not fit %v of the checkpoint", got.Name, got.Shape, ref.Shape)
		}
	}
	part := make([]sums, ceil(rows, TileRows))
	type buffers struct {
		k    *work
		p    Panel
		x, y []float32
	}
	q, tiled := c.(tiler)
	tiled = tiled && got.Replaces == nil
	err = parallel(ctx, threads, len(part), func() *buffers {
		if tiled {
			return &buffers{k: new(work)}
		}
		return &buffers{x: make([]float32, TileRows*cols), y: make([]float32, TileRows*cols)}
	}, func(b *buffers, g int) (err error) {
		n := min(TileRows, rows-g*TileRows)
		if tiled {
			part[g], err = measureTiles(q, b.k, &b.p, sourceRows(ref, g, n), got.Data, g)
			return err
		}
		for r := range n {
			row := g*TileRows + r
			if err := decodeSource(b.x[r*cols:(r+1)*cols], ref, source(row)); err != nil {
				return err
			}
			c.DecodeRow(b.y[r*cols:(r+1)*cols], got.Data, cols, row)
		}
		part[g] = plainSums(b.x[:n*cols], b.y[:n*cols])
		return nil
	})
	var total sums
	for _, p := range part {
		total.merge(p)
	}
	return total.errors(), err
}

// measureTiles sums the errors of row group g.
func measureTiles(c tiler, k *work, p *Panel, from source, data []byte, g int) (sums, error) {
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

// sourceRows is n rows of row group g of a checkpoint's matrix.
func sourceRows(t formats.Tensor, g, n int) source {
	cols := t.Cols()
	size := cols * t.Encoding.ElementBytes()
	at := g * TileRows * size
	return source{data: t.Data[at : at+n*size], encoding: t.Encoding, n: n, cols: cols}
}

// decodeSource widens one row of a checkpoint's tensor.
func decodeSource(dst []float32, t formats.Tensor, row int) error {
	size := len(dst) * t.Encoding.ElementBytes()
	return formats.DecodeFloat32(dst, t.Data[row*size:(row+1)*size], t.Encoding)
}
