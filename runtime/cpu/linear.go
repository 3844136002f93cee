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
		for ; w != nil; w = w.exact {
			int8 := w.tiles != nil && !b.exact
			pair := b.pairwise(w)
			ints, pairs, floats = ints || int8, pairs || pair, floats || !int8 && !pair
		}
	}
	if ints {
		b.acts.Reset(rows, cols)
		b.run(b.acts.Slivers(), func(_, i int) { b.acts.Fill(i, data, cols) })
	}
	in := input{rows: rows, ld: cols, data: data}
	if pairs {
		in.pairs, in.ldPairs = b.pack(data, rows, cols)
	}
	if ld := apart(cols); floats && ld != cols {
		b.spaced = sized(b.spaced, rows*ld)
		b.run(rows, func(_, i int) { copy(b.spaced[i*ld:i*ld+cols], data[i*cols:]) })
		in.data, in.ld = b.spaced, ld
	}
	return in
}

// product computes the outputs of strip g of w for every input row into out,
// [rows][32], and calls done, if any, with the rows that are final, some at a
// time. Weights are decoded once and used by all rows. next is what the worker
// probably multiplies next.
func (b *Backend) product(s *scratch, out []float32, in input, w *weight, g int, next asm.Tiles, done func(first, rows int)) {
	if first, end := w.replaced(g*asm.StripRows, (g+1)*asm.StripRows); first < end {
		b.multiply(s, out, in, w, g, next, nil)
		b.replace(s, out, in, w.exact, g, first, end)
		if done != nil {
			done(0, in.rows)
		}
		return
	}
	b.multiply(s, out, in, w, g, next, done)
}

// multiply is product of the rows of w itself, whether or not others stand in for
// them.
func (b *Backend) multiply(s *scratch, out []float32, in input, w *weight, g int, next asm.Tiles, done func(first, rows int)) {
	clear(out)
	if w.tiles != nil && !b.exact {
		s.decoder.Multiply(out, w.encoding, w.strip(g), next, &w.codebook, &b.acts, done)
		return
	}
	if done != nil {
		defer done(0, in.rows)
	}
	if b.pairwise(w) {
		s.multiplyPairs(out, in, w, g)
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
		asm.MatMul(out, asm.StripRows, s.wide, asm.StripRows, n, in.data[lo:], in.ld, in.rows)
	}
}

// replace overwrites outputs of strip g by those of the exact rows [first, end).
func (b *Backend) replace(s *scratch, out []float32, in input, exact *weight, g, first, end int) {
	s.exact = sized(s.exact, in.rows*asm.StripRows)
	for e := first / asm.StripRows; e*asm.StripRows < end; e++ {
		b.multiply(s, s.exact, in, exact, e, asm.Tiles{}, nil)
		for i := max(first, e*asm.StripRows); i < min(end, (e+1)*asm.StripRows); i++ {
			from, to := i%asm.StripRows, int(exact.info.Replaces[i])-g*asm.StripRows
			for t := range in.rows {
				out[t*asm.StripRows+to] = s.exact[t*asm.StripRows+from]
			}
		}
	}
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

// streamed is how many floats a matrix has that would not stay in a core's caches
// until it is read.
const streamed = 1 << 17

// spread copies outputs of a strip to its 32 columns of dst, [rows][cols].
func spread(dst []float32, cols, g int, out []float32, first, rows int) {
	write := asm.CopyOutputs
	if len(dst) >= streamed {
		write = asm.StreamOutputs
	}
	lo := g * asm.StripRows
	write(dst[first*cols+lo:], cols, out[first*asm.StripRows:], rows, min(asm.StripRows, cols-lo))
}

// accumulate adds outputs of a strip to its 32 columns of dst.
func accumulate(dst []float32, cols, g int, out []float32, first, rows int) {
	lo := g * asm.StripRows
	asm.AddOutputs(dst[first*cols+lo:], cols, out[first*asm.StripRows:], rows, min(asm.StripRows, cols-lo))
}

// Linear computes products that share their input, in one loop over all their
// strips.
func (b *Backend) Linear(dst []backend.Act, ws []backend.Weight, x backend.Act) {
	if b.over() {
		return
	}
	xa := x.(*act)
	list := make([]*weight, len(ws))
	first := make([]int, len(ws)+1)
	for j, w := range ws {
		list[j] = w.(*weight)
		dst[j].(*act).shape("tensor "+list[j].info.Name, xa.rows, list[j].info.Rows())
		first[j+1] = first[j] + list[j].strips()
	}
	in := b.prepare(xa.data, xa.rows, xa.cols, list...)
	find := func(i int) (j, g int) {
		for j < len(ws)-1 && i >= first[j+1] {
			j++
		}
		return j, i - first[j]
	}
	b.run(first[len(ws)], func(worker, i int) {
		j, g := find(i)
		after, h := find(i + b.pool.workers)
		s, d := &b.scratch[worker], dst[j].(*act)
		s.outputs = sized(s.outputs, in.rows*asm.StripRows)
		b.product(s, s.outputs, in, list[j], g, list[after].strip(h), func(first, rows int) {
			spread(d.data, d.cols, g, s.outputs, first, rows)
		})
	})
}

// LinearAdd adds a product to dst.
func (b *Backend) LinearAdd(dst backend.Act, w backend.Weight, x backend.Act) {
	if b.over() {
		return
	}
	d, wt, xa := dst.(*act), w.(*weight), x.(*act)
	if d.rows != xa.rows || d.cols != wt.info.Rows() {
		panic(fmt.Sprintf("cpu: tensor %s: what is added to is %d×%d, want %d×%d", wt.info.Name, d.rows, d.cols, xa.rows, wt.info.Rows()))
	}
	in := b.prepare(xa.data, xa.rows, xa.cols, wt)
	b.run(wt.strips(), func(worker, g int) {
		s := &b.scratch[worker]
		s.outputs = sized(s.outputs, in.rows*asm.StripRows)
		b.product(s, s.outputs, in, wt, g, wt.strip(g+b.pool.workers), func(first, rows int) {
			accumulate(d.data, d.cols, g, s.outputs, first, rows)
		})
	})
}

// Gated computes the gate's and the up projection's outputs together, so that
// neither is stored.
func (b *Backend) Gated(dst backend.Act, gate, up backend.Weight, x backend.Act) {
	if b.over() {
		return
	}
	d, gw, uw, xa := dst.(*act), gate.(*weight), up.(*weight), x.(*act)
	if gw.info.Rows() != uw.info.Rows() {
		panic(fmt.Sprintf("cpu: tensor %s has %d rows, %s %d", gw.info.Name, gw.info.Rows(), uw.info.Name, uw.info.Rows()))
	}
	d.shape("tensor "+gw.info.Name, xa.rows, gw.info.Rows())
	in := b.prepare(xa.data, xa.rows, xa.cols, gw, uw)
	b.run(gw.strips(), func(worker, g int) {
		s := &b.scratch[worker]
		s.outputs = sized(s.outputs, in.rows*asm.StripRows)
		s.gate = sized(s.gate, in.rows*asm.StripRows)
		b.product(s, s.gate, in, gw, g, uw.strip(g), nil)
		b.product(s, s.outputs, in, uw, g, gw.strip(g+b.pool.workers), func(first, rows int) {
			lo, hi := first*asm.StripRows, (first+rows)*asm.StripRows
			asm.SiLUMul(s.outputs[lo:hi], s.gate[lo:hi], s.outputs[lo:hi])
			spread(d.data, d.cols, g, s.outputs, first, rows)
		})
	})
}
