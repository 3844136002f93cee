package cpu

import (
	"fmt"

	"llada/formats"
	"llada/quant"
	"llada/runtime/asm"
	"llada/runtime/backend"
)

// input is the left side of products: float32 rows and, if a quantized weight
// will meet them on the int8 path, the same rows as a8.
type input struct {
	rows, cols int
	data       []float32 // cols apart
	int8       bool
}

// prepare quantizes rows [0, n) of x once for all products that share it.
func (b *Backend) prepare(data []float32, rows, cols int, ws ...*weight) input {
	in := input{rows: rows, cols: cols, data: data}
	for _, w := range ws {
		if w.info.Cols() != cols {
			panic(fmt.Sprintf("cpu: tensor %s has %d columns, its input %d", w.info.Name, w.info.Cols(), cols))
		}
		in.int8 = in.int8 || w.tiles != nil && !b.exact
	}
	if in.int8 {
		b.acts.Reset(rows, cols)
		b.pool.run(rows, func(_, i int) { b.acts.SetRow(i, data[i*cols:(i+1)*cols]) })
	}
	return in
}

// product computes the outputs of row group g of w for every input row into
// tile, [rows][16], superblock by superblock: the tile is decoded once and
// used by all rows.
func (b *Backend) product(s *scratch, tile []float32, in input, w *weight, g int) {
	clear(tile)
	cols := w.info.Cols()
	for sb := 0; sb*quant.TileCols < cols; sb++ {
		lo := sb * quant.TileCols
		n := min(quant.TileCols, cols-lo)
		if w.tiles != nil {
			tb := w.tiles.TileBytes()
			at := (g*((cols+quant.TileCols-1)/quant.TileCols) + sb) * tb
			w.tiles.Panel(&s.panel, w.data[at:at+tb])
			if !b.exact {
				groups := b.acts.Cols / quant.GroupCols
				asm.Panel(tile, quant.TileRows, s.panel.W[:], s.panel.D[:],
					b.acts.Q[lo:], b.acts.Cols, b.acts.Scale[sb*quant.Groups:], groups, in.rows)
				continue
			}
			s.widen(n)
		} else {
			s.transpose(w, g, lo, n)
		}
		asm.MatMulF32(tile, quant.TileRows, s.wide, n, in.data[lo:], in.cols, in.rows)
	}
}

// widen turns the int8 panel into a float32 one of n columns.
func (s *scratch) widen(n int) {
	s.wide = sized(s.wide, quant.TileCols*quant.TileRows)
	for k := range n {
		d := s.panel.D[k/quant.GroupCols*quant.TileRows:]
		for r := range quant.TileRows {
			s.wide[k*quant.TileRows+r] = d[r] * float32(s.panel.W[quant.PanelIndex(r, k)])
		}
	}
}

// transpose makes a float32 panel from columns [lo, lo+n) of a plain matrix.
func (s *scratch) transpose(w *weight, g, lo, n int) {
	s.wide = sized(s.wide, quant.TileCols*quant.TileRows)
	s.row = sized(s.row, quant.TileCols)
	width, cols := w.info.Encoding.ElementBytes(), w.info.Cols()
	for r := range quant.TileRows {
		row := g*quant.TileRows + r
		if row >= w.info.Rows() {
			for k := range n {
				s.wide[k*quant.TileRows+r] = 0
			}
			continue
		}
		at := (row*cols + lo) * width
		if err := formats.DecodeFloat32(s.row[:n], w.data[at:at+n*width], w.info.Encoding); err != nil {
			panic(fmt.Sprintf("cpu: tensor %s: %v", w.info.Name, err))
		}
		for k, v := range s.row[:n] {
			s.wide[k*quant.TileRows+r] = v
		}
	}
}

func groups(w *weight) int {
	return (w.info.Rows() + quant.TileRows - 1) / quant.TileRows
}

// spread copies a tile to its 16 columns of dst, [rows][cols], through f.
func spread(dst []float32, cols, g int, tile []float32, rows int, f func(dst, tile []float32)) {
	lo := g * quant.TileRows
	n := min(quant.TileRows, cols-lo)
	for t := range rows {
		f(dst[t*cols+lo:t*cols+lo+n], tile[t*quant.TileRows:t*quant.TileRows+n])
	}
}

func set(dst, tile []float32) { copy(dst, tile) }

func accumulate(dst, tile []float32) {
	for i, v := range tile {
		dst[i] += v
	}
}

func fits(dst *act, w *weight, rows int) {
	if dst.rows != rows || dst.cols != w.info.Rows() {
		panic(fmt.Sprintf("cpu: tensor %s: output is %d×%d, want %d×%d", w.info.Name, dst.rows, dst.cols, rows, w.info.Rows()))
	}
}

// Linear computes products that share their input, in one loop over all their
// row groups.
func (b *Backend) Linear(dst []backend.Act, ws []backend.Weight, x backend.Act) {
	xa := x.(*act)
	list := make([]*weight, len(ws))
	first := make([]int, len(ws)+1)
	for j, w := range ws {
		list[j] = w.(*weight)
		fits(dst[j].(*act), list[j], xa.rows)
		first[j+1] = first[j] + groups(list[j])
	}
	in := b.prepare(xa.data, xa.rows, xa.cols, list...)
	b.pool.run(first[len(ws)], func(worker, i int) {
		j := 0
		for i >= first[j+1] {
			j++
		}
		s, d, g := &b.scratch[worker], dst[j].(*act), i-first[j]
		s.tile = sized(s.tile, in.rows*quant.TileRows)
		b.product(s, s.tile, in, list[j], g)
		spread(d.data, d.cols, g, s.tile, in.rows, set)
	})
}

// LinearAdd adds a product to dst.
func (b *Backend) LinearAdd(dst backend.Act, w backend.Weight, x backend.Act) {
	d, wt, xa := dst.(*act), w.(*weight), x.(*act)
	fits(d, wt, xa.rows)
	in := b.prepare(xa.data, xa.rows, xa.cols, wt)
	b.pool.run(groups(wt), func(worker, g int) {
		s := &b.scratch[worker]
		s.tile = sized(s.tile, in.rows*quant.TileRows)
		b.product(s, s.tile, in, wt, g)
		spread(d.data, d.cols, g, s.tile, in.rows, accumulate)
	})
}

// Gated computes the gate's and the up projection's tile together, so that
// neither is stored.
func (b *Backend) Gated(dst backend.Act, gate, up backend.Weight, x backend.Act) {
	d, gw, uw, xa := dst.(*act), gate.(*weight), up.(*weight), x.(*act)
	fits(d, gw, xa.rows)
	fits(d, uw, xa.rows)
	in := b.prepare(xa.data, xa.rows, xa.cols, gw, uw)
	b.pool.run(groups(gw), func(worker, g int) {
		s := &b.scratch[worker]
		s.tile = sized(s.tile, in.rows*quant.TileRows)
		s.other = sized(s.other, in.rows*quant.TileRows)
		b.product(s, s.tile, in, gw, g)
		b.product(s, s.other, in, uw, g)
		asm.SiLUMul(s.tile, s.tile, s.other)
		spread(d.data, d.cols, g, s.tile, in.rows, set)
	})
}
