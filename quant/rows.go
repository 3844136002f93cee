package quant

import (
	"fmt"

	"llada/formats"
)

// Rows is a matrix of weights to be encoded, or to compare an encoding with.
type Rows interface {
	Rows() int
	Cols() int
	// Float32 writes rows row to row+n−1 to dst, n·Cols() numbers. Several
	// goroutines may call it at once.
	Float32(dst []float32, row, n int) error
}

// Memory is Rows whose numbers lie in memory in a plain encoding, f16 included.
// Encoders read them in place.
type Memory struct{ formats.Tensor }

// Float32 widens rows to float32, exactly.
func (m Memory) Float32(dst []float32, row, n int) error {
	size := m.Cols() * m.Encoding.ElementBytes()
	if err := formats.DecodeFloat32(dst, m.Data[row*size:(row+n)*size], m.Encoding); err != nil {
		return fmt.Errorf("tensor %s: %w", m.Name, err)
	}
	return nil
}

// Select is the rows of a matrix that ids names, in that order.
func Select(from Rows, ids []int32) (Rows, error) {
	for _, id := range ids {
		if id < 0 || int(id) >= from.Rows() {
			return nil, fmt.Errorf("there is no row %d among %d", id, from.Rows())
		}
	}
	return selected{from, ids}, nil
}

type selected struct {
	from Rows
	ids  []int32
}

func (s selected) Rows() int { return len(s.ids) }

func (s selected) Cols() int { return s.from.Cols() }

func (s selected) Float32(dst []float32, row, n int) error {
	cols := s.Cols()
	for i, id := range s.ids[row : row+n] {
		if err := s.from.Float32(dst[i*cols:(i+1)*cols], int(id), 1); err != nil {
			return err
		}
	}
	return nil
}

// reader reads groups of 16 rows. Each worker has its own.
type reader struct {
	from Rows
	x    []float32 // a group's numbers, where they do not lie in memory
}

// group is row group g, to be read tile by tile.
func (r *reader) group(g int) (source, error) {
	first, cols := g*TileRows, r.from.Cols()
	n := min(TileRows, r.from.Rows()-first)
	if m, ok := r.from.(Memory); ok {
		size := cols * m.Encoding.ElementBytes()
		return source{data: m.Data[first*size : (first+n)*size], encoding: m.Encoding, n: n, cols: cols}, nil
	}
	x, err := r.numbers(g)
	return source{numbers: x, n: n, cols: cols}, err
}

// numbers is row group g as float32.
func (r *reader) numbers(g int) ([]float32, error) {
	first, cols := g*TileRows, r.from.Cols()
	n := min(TileRows, r.from.Rows()-first)
	r.x = sized(r.x, n*cols)
	return r.x, r.from.Float32(r.x, first, n)
}
