package quant

import (
	"context"
	"fmt"
	"math"

	"llada/formats"
)

// Errors are the figures of what an encoding did to a tensor.
type Errors struct {
	RelativeRMS float64 // √(Σ(x−y)²/Σx²)
	MaxAbs      float64 // max |x−y|
}

// SNR is the signal-to-noise ratio in dB; +∞ for an exact copy.
func (e Errors) SNR() float64 { return -20 * math.Log10(e.RelativeRMS) }

// sums accumulate Errors. Adding them up in a fixed order makes the figures
// independent of the number of threads.
type sums struct{ signal, noise, most float64 }

func (s *sums) add(x, y []float32) {
	for i, v := range x {
		d := float64(v) - float64(y[i])
		s.signal += float64(v) * float64(v)
		s.noise += d * d
		s.most = max(s.most, math.Abs(d))
	}
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
	type buffers struct{ x, y []float32 }
	err = parallel(ctx, threads, len(part), func() *buffers {
		return &buffers{make([]float32, TileRows*cols), make([]float32, TileRows*cols)}
	}, func(b *buffers, g int) error {
		n := min(TileRows, rows-g*TileRows)
		for r := range n {
			if err := decodeSource(b.x[r*cols:(r+1)*cols], ref, source(g*TileRows+r)); err != nil {
				return err
			}
		}
		decodeGroup(c, b.y, got.Data, g, n, cols)
		part[g].add(b.x[:n*cols], b.y[:n*cols])
		return nil
	})
	var total sums
	for _, p := range part {
		total.merge(p)
	}
	return total.errors(), err
}

// decodeSource widens one row of a checkpoint's tensor.
func decodeSource(dst []float32, t formats.Tensor, row int) error {
	size := len(dst) * t.Encoding.ElementBytes()
	return formats.DecodeFloat32(dst, t.Data[row*size:(row+1)*size], t.Encoding)
}

// decodeGroup decodes n rows of row group g to dst, [n][cols], each tile once.
func decodeGroup(c Codec, dst []float32, data []byte, g, n, cols int) {
	q, ok := c.(Quantized)
	if !ok {
		for r := range n {
			c.DecodeRow(dst[r*cols:(r+1)*cols], data, cols, g*TileRows+r)
		}
		return
	}
	var p Panel
	tiles, tb := ceil(cols, TileCols), q.TileBytes()
	for s := range tiles {
		at := (g*tiles + s) * tb
		q.Panel(&p, data[at:at+tb])
		lo := s * TileCols
		for r := range n {
			for k := range min(TileCols, cols-lo) {
				dst[r*cols+lo+k] = p.D[k/GroupCols*TileRows+r] * float32(p.W[PanelIndex(r, k)])
			}
		}
	}
}
