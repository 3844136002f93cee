package cpu

import (
	"fmt"

	"llada/formats"
	"llada/quant"
	"llada/runtime/asm"
	"llada/runtime/backend"
)

// input is the left side of products: rows of float32, ld apart, or in
// Backend.acts where a quantized weight meets them on the int8 path, or pairs of
// bf16 where a bf16 weight meets them on the bf16 path.
type input struct {
	rows, ld int
	data     []float32
	pairs    []uint32
	ldPairs  int
}

// apart is a distance of at least n floats between rows that keeps them from
// evicting each other: multiples of 4 KiB share a few lines of the first cache.
func apart(n int) int {
	if n%1024 == 0 {
		return n + 16
	}
	return n
}

// prepare makes rows of x ready for all products that share them.
func (b *Backend) prepare(data []float32, rows, cols int, ws ...*weight) input {
	ints, floats, pairs := false, false, false
	for _, w := range ws {
		if w.info.Cols() != cols {
			panic(fmt.Sprintf("cpu: tensor %s has %d columns, its input %d", w.info.Name, w.info.Cols(), cols))
		}
		int8 := w.tiles != nil && !b.exact
		pair := b.pairwise(w)
		ints, pairs, floats = ints || int8, pairs || pair, floats || !int8 && !pair
	}
	if ints {
		b.acts.Reset(rows, cols)
		b.pool.run(b.acts.Slivers(), func(_, i int) { b.acts.Fill(i, data, cols) })
	}
	in := input{rows: rows, ld: cols, data: data}
	if pairs {
		in.pairs, in.ldPairs = b.pack(data, rows, cols)
	}
	if ld := apart(cols); floats && ld != cols {
		b.spaced = sized(b.spaced, rows*ld)
		b.pool.run(rows, func(_, i int) { copy(b.spaced[i*ld:i*ld+cols], data[i*cols:]) })
		in.data, in.ld = b.spaced, ld
	}
	return in
}

// product computes the outputs of strip g of w for every input row into tile,
// [rows][32], and calls done, if any, with the rows that are final, some at a
// time. Weights are decoded once and used by all rows. next is what the worker
// probably multiplies next.
func (b *Backend) product(s *scratch, tile []float32, in input, w *weight, g int, next asm.Tiles, done func(first, rows int)) {
	clear(tile)
	if w.tiles != nil && !b.exact {
		s.decoder.Multiply(tile, w.encoding, w.strip(g), next, &w.codebook, &b.acts, done)
		return
	}
	if done != nil {
		defer done(0, in.rows)
	}
	if b.pairwise(w) {
		s.multiplyPairs(tile, in, w, g)
		return
	}
	cols := w.info.Cols()
	for sb := 0; sb*quant.TileCols < cols; sb++ {
		lo := sb * quant.TileCols
		n := min(quant.TileCols, cols-lo)
		if w.tiles != nil {
			s.widen(w, g, sb, n)
		} else {
			s.transpose(w, g, lo, n)
		}
		asm.MatMul(tile, asm.StripRows, s.wide, asm.StripRows, n, in.data[lo:], in.ld, in.rows)
	}
}

// group is the tiles of row group g, nil below the matrix.
func (w *weight) group(g int) []byte {
	if g*quant.TileRows >= w.info.Rows() {
		return nil
	}
	size := (w.info.Cols() + quant.TileCols - 1) / quant.TileCols * w.tiles.TileBytes()
	return w.data[g*size : (g+1)*size]
}

// strip is the tiles of strip g, none outside the matrix.
func (w *weight) strip(g int) asm.Tiles {
	if w.tiles == nil {
		return asm.Tiles{}
	}
	return asm.Tiles{Upper: w.group(2 * g), Lower: w.group(2*g + 1)}
}

// widen decodes n columns of a strip's superblock to float32, [column][32].
func (s *scratch) widen(w *weight, g, sb, n int) {
	s.wide = sized(s.wide, quant.TileCols*asm.StripRows)
	for i := range 2 {
		if group := w.group(2*g + i); group == nil {
			s.panel = quant.Panel{}
		} else {
			w.tiles.Panel(&s.panel, group[sb*w.tiles.TileBytes():])
		}
		for k := range n {
			d := s.panel.D[k/quant.GroupCols*quant.TileRows:]
			out := s.wide[k*asm.StripRows+i*quant.TileRows:][:quant.TileRows]
			for r := range out {
				out[r] = d[r] * float32(s.panel.W[quant.PanelIndex(r, k)])
			}
		}
	}
}

// transpose makes a float32 strip from columns [lo, lo+n) of a plain matrix.
func (s *scratch) transpose(w *weight, g, lo, n int) {
	s.wide = sized(s.wide, quant.TileCols*asm.StripRows)
	switch {
	case w.info.Encoding == formats.BF16:
		s.transposePairs(w, g, lo, n)
		asm.Widen(s.wide, s.pairs[:(n+1)/2*asm.StripRows])
		return
	case w.info.Encoding == formats.F32 && (g+1)*asm.StripRows <= w.info.Rows():
		cols := w.info.Cols()
		asm.TransposeFloats(s.wide, w.data[4*(g*asm.StripRows*cols+lo):], 4*cols, n)
		return
	}
	s.row = sized(s.row, quant.TileCols)
	width, cols := w.info.Encoding.ElementBytes(), w.info.Cols()
	for r := range asm.StripRows {
		row := g*asm.StripRows + r
		if row >= w.info.Rows() {
			for k := range n {
				s.wide[k*asm.StripRows+r] = 0
			}
			continue
		}
		at := (row*cols + lo) * width
		if err := formats.DecodeFloat32(s.row[:n], w.data[at:at+n*width], w.info.Encoding); err != nil {
			panic(fmt.Sprintf("cpu: tensor %s: %v", w.info.Name, err))
		}
		for k, v := range s.row[:n] {
			s.wide[k*asm.StripRows+r] = v
		}
	}
}

// strips is how many strips of 32 rows a matrix has.
func strips(w *weight) int {
	return (w.info.Rows() + asm.StripRows - 1) / asm.StripRows
}

// streamed is how many floats a matrix has that would not stay in a core's caches
// until it is read.
const streamed = 1 << 17

// spread copies rows of a tile to its 32 columns of dst, [rows][cols].
func spread(dst []float32, cols, g int, tile []float32, first, rows int) {
	write := asm.CopyOutputs
	if len(dst) >= streamed {
		write = asm.StreamOutputs
	}
	lo := g * asm.StripRows
	write(dst[first*cols+lo:], cols, tile[first*asm.StripRows:], rows, min(asm.StripRows, cols-lo))
}

// accumulate adds rows of a tile to its 32 columns of dst.
func accumulate(dst []float32, cols, g int, tile []float32, first, rows int) {
	lo := g * asm.StripRows
	asm.AddOutputs(dst[first*cols+lo:], cols, tile[first*asm.StripRows:], rows, min(asm.StripRows, cols-lo))
}

func fits(dst *act, w *weight, rows int) {
	if dst.rows != rows || dst.cols != w.info.Rows() {
		panic(fmt.Sprintf("cpu: tensor %s: output is %d×%d, want %d×%d", w.info.Name, dst.rows, dst.cols, rows, w.info.Rows()))
	}
}

// Linear computes products that share their input, in one loop over all their
// strips.
func (b *Backend) Linear(dst []backend.Act, ws []backend.Weight, x backend.Act) {
	xa := x.(*act)
	list := make([]*weight, len(ws))
	first := make([]int, len(ws)+1)
	for j, w := range ws {
		list[j] = w.(*weight)
		fits(dst[j].(*act), list[j], xa.rows)
		first[j+1] = first[j] + strips(list[j])
	}
	in := b.prepare(xa.data, xa.rows, xa.cols, list...)
	find := func(i int) (j, g int) {
		for j < len(ws)-1 && i >= first[j+1] {
			j++
		}
		return j, i - first[j]
	}
	b.pool.run(first[len(ws)], func(worker, i int) {
		j, g := find(i)
		after, h := find(i + b.pool.workers)
		s, d := &b.scratch[worker], dst[j].(*act)
		s.tile = sized(s.tile, in.rows*asm.StripRows)
		b.product(s, s.tile, in, list[j], g, list[after].strip(h), func(first, rows int) {
			spread(d.data, d.cols, g, s.tile, first, rows)
		})
	})
}

// LinearAdd adds a product to dst.
func (b *Backend) LinearAdd(dst backend.Act, w backend.Weight, x backend.Act) {
	d, wt, xa := dst.(*act), w.(*weight), x.(*act)
	fits(d, wt, xa.rows)
	in := b.prepare(xa.data, xa.rows, xa.cols, wt)
	b.pool.run(strips(wt), func(worker, g int) {
		s := &b.scratch[worker]
		s.tile = sized(s.tile, in.rows*asm.StripRows)
		b.product(s, s.tile, in, wt, g, wt.strip(g+b.pool.workers), func(first, rows int) {
			accumulate(d.data, d.cols, g, s.tile, first, rows)
		})
	})
}

// Gated computes the gate's and the up projection's tile together, so that
// neither is stored.
func (b *Backend) Gated(dst backend.Act, gate, up backend.Weight, x backend.Act) {
	d, gw, uw, xa := dst.(*act), gate.(*weight), up.(*weight), x.(*act)
	fits(d, gw, xa.rows)
	fits(d, uw, xa.rows)
	in := b.prepare(xa.data, xa.rows, xa.cols, gw, uw)
	b.pool.run(strips(gw), func(worker, g int) {
		s := &b.scratch[worker]
		s.tile = sized(s.tile, in.rows*asm.StripRows)
		s.other = sized(s.other, in.rows*asm.StripRows)
		b.product(s, s.other, in, gw, g, uw.strip(g), nil)
		b.product(s, s.tile, in, uw, g, gw.strip(g+b.pool.workers), func(first, rows int) {
			lo, hi := first*asm.StripRows, (first+rows)*asm.StripRows
			asm.SiLUMul(s.tile[lo:hi], s.other[lo:hi], s.tile[lo:hi])
			spread(d.data, d.cols, g, s.tile, first, rows)
		})
	})
}
