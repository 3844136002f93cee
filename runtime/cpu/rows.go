package cpu

import (
	"fmt"
	"math"

	"llada/runtime/asm"
	"llada/runtime/backend"
)

// Embed looks rows up.
func (b *Backend) Embed(dst backend.Act, table backend.Weight, ids []int32) {
	d, w := dst.(*act), table.(*weight)
	if len(ids) != d.rows || w.info.Cols() != d.cols {
		panic(fmt.Sprintf("cpu: embed: %d ids of width %d into %d×%d", len(ids), w.info.Cols(), d.rows, d.cols))
	}
	b.pool.run(len(ids), func(_, i int) {
		w.codec.DecodeRow(d.row(i), w.data, d.cols, int(ids[i]))
	})
}

// Replace overwrites the rows of ids that the companion tensor holds.
func (b *Backend) Replace(dst backend.Act, rows backend.Weight, ids []int32) {
	d, w := dst.(*act), rows.(*weight)
	for i, id := range ids {
		if j, ok := w.at[id]; ok {
			w.codec.DecodeRow(d.row(i), w.data, d.cols, j)
		}
	}
}

// RMSNorm normalizes every row.
func (b *Backend) RMSNorm(dst, x backend.Act, w backend.Weight, eps float32) {
	d, xa, vec := dst.(*act), x.(*act), w.(*weight).vec
	b.pool.run(xa.rows, func(_, i int) { asm.RMSNorm(d.row(i), xa.row(i), vec, eps) })
}

// Gather copies rows.
func (b *Backend) Gather(dst, x backend.Act, rows []int32) {
	d, xa := dst.(*act), x.(*act)
	if len(rows) != d.rows {
		panic(fmt.Sprintf("cpu: gather: %d rows into %d", len(rows), d.rows))
	}
	for i, r := range rows {
		copy(d.row(i), xa.row(int(r)))
	}
}

// Read copies a row out.
func (b *Backend) Read(dst []float32, x backend.Act, i int) { copy(dst, x.(*act).row(i)) }

// Write copies a row in.
func (b *Backend) Write(x backend.Act, i int, src []float32) { copy(x.(*act).row(i), src) }

// ropeTable holds cosines and sines of positions seen so far.
type ropeTable struct {
	rope     backend.Rope
	cos, sin []float32 // [position][Dims/2]
}

// upTo grows the table to hold positions below n. Frequencies and angles are
// rounded to float32 as the official code computes them; their cosines are
// exact to float32.
func (t *ropeTable) upTo(r backend.Rope, n int) {
	if t.rope != r {
		*t = ropeTable{rope: r}
	}
	half := r.Dims / 2
	for p := len(t.cos) / half; p < n; p++ {
		for j := range half {
			f := float32(1 / math.Pow(r.Theta, float64(2*j)/float64(r.Dims)))
			sin, cos := math.Sincos(float64(float32(p) * f))
			t.cos = append(t.cos, float32(cos))
			t.sin = append(t.sin, float32(sin))
		}
	}
}

// Rotate turns every head of every row.
func (b *Backend) Rotate(x backend.Act, heads int, pos []int32, r backend.Rope) {
	xa := x.(*act)
	if len(pos) != xa.rows {
		panic(fmt.Sprintf("cpu: rotate: %d positions for %d rows", len(pos), xa.rows))
	}
	last := int32(-1)
	for _, p := range pos {
		last = max(last, p)
	}
	b.rope.upTo(r, int(last)+1)
	dim, half := xa.cols/heads, r.Dims/2
	b.pool.run(xa.rows, func(_, i int) {
		at := int(pos[i]) * half
		cos, sin := b.rope.cos[at:at+half], b.rope.sin[at:at+half]
		row := xa.row(i)
		for h := range heads {
			asm.Rotate(row[h*dim:(h+1)*dim], cos, sin)
		}
	})
}
