package quant

import (
	"context"
	"fmt"
	"io"
	"math"

	"llada/runtime/asm"
)

// Run is how a matrix is encoded or measured. None of it changes the result.
type Run struct {
	Threads int
	Memory  int64                      // bound on the encoder's buffers in bytes, 0: none
	Guard   func(f func() error) error // runs f, which reads the matrix; nil: f alone
	On      func(bytes int64)          // progress: bytes of encoded data since the last call
}

// chunkBytes is the largest piece of encoded matrix kept before it is written.
const chunkBytes = 32 << 20

// NotFinite says that a matrix holds numbers which no encoding keeps, or which this
// one would make infinite.
type NotFinite struct {
	NaN, Inf int64
	Row, Col int // of the first
}

// Error counts them.
func (e *NotFinite) Error() string {
	return fmt.Sprintf("%d NaN and %d infinite weights, the first in row %d, column %d", e.NaN, e.Inf, e.Row, e.Col)
}

// Encode writes a matrix to out, encoded by c, and returns what that did to it.
// Groups of 16 rows are encoded in parallel and written in order. A matrix with
// NaN or Inf gives *NotFinite, which counts all of them.
func Encode(ctx context.Context, out io.Writer, c Codec, from Rows, run Run) (Errors, error) {
	rows, cols := from.Rows(), from.Cols()
	groups, size := ceil(rows, TileRows), c.Size(TileRows, cols)
	limit := int64(chunkBytes)
	if run.Memory > 0 {
		limit = min(limit, run.Memory/8)
	}
	per := int(max(1, min(int64(groups), limit/size)))
	chunk := make([]byte, int64(per)*size)
	var (
		total sums
		bad   NotFinite
		part  = make([]sums, per)
		found = make([]NotFinite, per)
	)
	for first := 0; first < groups; first += per {
		n := min(per, groups-first)
		err := parallel(ctx, run, n, func() *encoder {
			return newEncoder(c, from)
		}, func(e *encoder, i int) (err error) {
			found[i] = NotFinite{}
			part[i], err = e.group(chunk[int64(i)*size:int64(i+1)*size], first+i, &found[i])
			return err
		})
		if err != nil {
			return Errors{}, err
		}
		for i := range n {
			total.merge(part[i])
			bad.merge(&found[i])
		}
		end := int64(n) * size
		if first+n == groups {
			end = c.Size(rows, cols) - int64(first)*size // plain encodings end with their last row
		}
		if bad == (NotFinite{}) {
			if _, err := out.Write(chunk[:end]); err != nil {
				return Errors{}, err
			}
		}
		if run.On != nil {
			run.On(end)
		}
	}
	if bad != (NotFinite{}) {
		return Errors{}, &bad
	}
	return total.errors(), nil
}

// encoder encodes groups of 16 rows of one matrix. Each worker has its own.
type encoder struct {
	codec Codec
	reader
	tiles *work     // of a quantized encoding
	y     []float32 // of others: a group decoded again
}

func newEncoder(c Codec, from Rows) *encoder {
	e := &encoder{codec: c, reader: reader{from: from}}
	if _, ok := c.(tiler); ok {
		e.tiles = new(work)
	}
	return e
}

// group encodes group g into dst. Groups with weights that are not finite are
// not encoded.
func (e *encoder) group(dst []byte, g int, found *NotFinite) (sums, error) {
	if e.tiles == nil {
		return e.plain(dst, g, found)
	}
	from, err := e.reader.group(g)
	if err != nil {
		return sums{}, err
	}
	c := e.codec.(tiler)
	var total asm.ErrorSums
	tb := c.TileBytes()
	for s := range ceil(from.cols, TileCols) {
		most, err := from.read(e.tiles, s)
		if err != nil {
			return sums{}, err
		}
		if most >= infinite {
			for i := range e.tiles.x {
				for r, v := range e.tiles.x[i] {
					if v-v != 0 {
						found.count(v, g*TileRows+r, s*TileCols+i)
					}
				}
			}
			continue
		}
		// What the bytes decode to is at hand as they are chosen, and is not
		// decoded again.
		c.encodeTile(dst[s*tb:(s+1)*tb], e.tiles, e.tiles.clipped(most), e.tiles.importance(nil, s, from.cols))
		e.tiles.addErrors(&total, s, from.cols)
	}
	return foldSums(&total), nil
}

func (e *encoder) plain(dst []byte, g int, found *NotFinite) (sums, error) {
	x, err := e.numbers(g)
	if err != nil {
		return sums{}, err
	}
	cols := e.from.Cols()
	n := len(x) / cols
	e.codec.EncodeGroup(dst, x, n, cols, nil)
	e.y = sized(e.y, len(x))
	for r := range n {
		row := e.y[r*cols : (r+1)*cols]
		e.codec.DecodeRow(row, dst, cols, r)
		for k, v := range row {
			if v-v != 0 {
				found.count(v, g*TileRows+r, k)
			}
		}
	}
	return plainSums(x, e.y), nil
}

// count adds v, which is not finite: v−v is not 0.
func (e *NotFinite) count(v float32, row, col int) {
	one := NotFinite{Inf: 1, Row: row, Col: col}
	if math.IsNaN(float64(v)) {
		one.NaN, one.Inf = 1, 0
	}
	e.merge(&one)
}

// merge adds other, of whatever part of the matrix.
func (e *NotFinite) merge(other *NotFinite) {
	if other.NaN+other.Inf == 0 {
		return
	}
	if e.NaN+e.Inf == 0 || other.Row < e.Row || other.Row == e.Row && other.Col < e.Col {
		e.Row, e.Col = other.Row, other.Col
	}
	e.NaN += other.NaN
	e.Inf += other.Inf
}
