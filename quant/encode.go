package quant

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"llada/formats"
	"llada/formats/container"
	"llada/runtime/asm"
)

// Report is what became of one tensor.
type Report struct {
	formats.Info
	Errors Errors
}

// Run is how a plan is executed. None of it changes the bytes that come out.
type Run struct {
	Threads int
	Memory  int64                       // bound on the encoder's buffers, in bytes
	On      func(s Step, written int64) // progress: bytes of the checkpoint's tensor read since the last call
}

// chunkBytes is the largest piece of encoded tensor kept before it is written.
const chunkBytes = 32 << 20

// Execute encodes every tensor of the plan into w, in order, and returns what
// the encodings did to them. The checkpoint's pages are given back tensor by
// tensor.
func (p *Plan) Execute(ctx context.Context, v *Inventory, w *container.Writer, run Run) ([]Report, error) {
	var reports []Report
	for _, s := range p.Steps {
		t, err := v.source.Tensor(s.From.Name)
		if err != nil {
			return nil, err
		}
		out, err := w.Tensor(s.To)
		if err != nil {
			return nil, err
		}
		e, err := encodeTensor(ctx, out, t, s, run)
		if err != nil {
			var bad *notFinite
			if errors.As(err, &bad) {
				err = &formats.ParseError{File: v.source.File(t.Name), Offset: -1, Err: err}
			}
			return nil, err
		}
		if err := out.Close(); err != nil {
			return nil, err
		}
		v.source.Release(t.Name)
		reports = append(reports, Report{s.To, e})
	}
	return reports, nil
}

// notFinite says that a tensor holds NaN or Inf.
type notFinite struct {
	name     string
	nan, inf int64
}

func (e *notFinite) Error() string {
	return fmt.Sprintf("tensor %s holds %d NaN and %d infinite weights: the checkpoint is broken, download it again", e.name, e.nan, e.inf)
}

// encodeTensor encodes row groups in parallel and writes them in order.
func encodeTensor(ctx context.Context, out io.Writer, t formats.Tensor, s Step, run Run) (Errors, error) {
	c, err := For(s.To)
	if err != nil {
		return Errors{}, err
	}
	rows, cols := s.To.Rows(), s.To.Cols()
	groups, size := ceil(rows, TileRows), c.Size(TileRows, cols)
	limit := int64(chunkBytes)
	if run.Memory > 0 {
		limit = min(limit, run.Memory/8)
	}
	per := int(max(1, min(int64(groups), limit/size)))
	chunk := make([]byte, int64(per)*size)
	var (
		total sums
		bad   = notFinite{name: t.Name}
		part  = make([]sums, per)
		found = make([]notFinite, per)
	)
	for first := 0; first < groups; first += per {
		n := min(per, groups-first)
		err := parallel(ctx, run.Threads, n, func() *encoder {
			return newEncoder(c, t, s)
		}, func(e *encoder, i int) (err error) {
			found[i] = notFinite{}
			part[i], err = e.group(chunk[int64(i)*size:int64(i+1)*size], first+i, &found[i])
			return err
		})
		if err != nil {
			return Errors{}, err
		}
		for i := range n {
			total.merge(part[i])
			bad.nan += found[i].nan
			bad.inf += found[i].inf
		}
		end := int64(n) * size
		if first+n == groups {
			end = s.To.Size - int64(first)*size // plain encodings end with their last row
		}
		if bad.nan+bad.inf == 0 {
			if _, err := out.Write(chunk[:end]); err != nil {
				return Errors{}, err
			}
		}
		if run.On != nil {
			done := min((first+n)*TileRows, rows) - first*TileRows
			run.On(s, int64(done)*int64(cols)*int64(s.From.Encoding.ElementBytes()))
		}
	}
	if bad.nan+bad.inf > 0 {
		return Errors{}, &bad
	}
	return total.errors(), nil
}

// encoder encodes groups of 16 rows of one tensor. Each worker has its own.
type encoder struct {
	codec Codec
	from  formats.Tensor
	step  Step
	tiles *work     // of a quantized encoding
	x, y  []float32 // of others: a group as it was, and decoded again
}

func newEncoder(c Codec, from formats.Tensor, s Step) *encoder {
	e := &encoder{codec: c, from: from, step: s}
	if _, ok := c.(tiler); ok && s.To.Replaces == nil {
		e.tiles = new(work)
	} else {
		n := TileRows * s.To.Cols()
		e.x, e.y = make([]float32, n), make([]float32, n)
	}
	return e
}

// group encodes group g into dst. Groups with weights that are not finite are
// not encoded.
func (e *encoder) group(dst []byte, g int, found *notFinite) (sums, error) {
	n := min(TileRows, e.step.To.Rows()-g*TileRows)
	if e.tiles == nil {
		return e.plain(dst, g, n, found)
	}
	from, c := sourceRows(e.from, g, n), e.codec.(tiler)
	var total asm.ErrorSums
	tb := c.TileBytes()
	for s := range ceil(from.cols, TileCols) {
		most, err := from.turn(e.tiles, s)
		if err != nil {
			return sums{}, fmt.Errorf("tensor %s: %w", e.from.Name, err)
		}
		if most >= infinite {
			for i := range e.tiles.x {
				found.count(e.tiles.x[i][:])
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

func (e *encoder) plain(dst []byte, g, n int, found *notFinite) (sums, error) {
	cols := e.step.To.Cols()
	x, y := e.x[:n*cols], e.y[:n*cols]
	for r := range n {
		row := g*TileRows + r
		if e.step.To.Replaces != nil {
			row = int(e.step.To.Replaces[row])
		}
		if err := decodeSource(x[r*cols:(r+1)*cols], e.from, row); err != nil {
			return sums{}, fmt.Errorf("tensor %s: %w", e.from.Name, err)
		}
	}
	if found.count(x); found.nan+found.inf > 0 {
		return sums{}, nil
	}
	e.codec.EncodeGroup(dst, x, n, cols, nil)
	for r := range n {
		e.codec.DecodeRow(y[r*cols:(r+1)*cols], dst, cols, r)
	}
	return plainSums(x, y), nil
}

// count finds what is not finite.
func (e *notFinite) count(x []float32) {
	for _, v := range x {
		if v-v != 0 { // Inf and NaN give NaN
			if math.IsNaN(float64(v)) {
				e.nan++
			} else {
				e.inf++
			}
		}
	}
}
