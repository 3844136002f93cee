package cpu

import (
	"fmt"
	"math"

	"llada/runtime/asm"
	"llada/runtime/backend"
)

// Embed looks rows up.
func (b *Backend) Embed(dst backend.Act, table backend.Weight) {
	if b.over() {
		return
	}
	d, w, ids := dst.(*act), table.(*weight), b.pass.ids
	d.shape("embed", len(ids), w.info.Cols())
	b.run(len(ids), func(_, i int) { w.decodeRow(d.row(i), int(ids[i])) })
}

// RMSNorm normalizes every row, or every len(w) columns of it.
func (b *Backend) RMSNorm(dst, x backend.Act, w backend.Weight, eps float32) {
	if b.over() {
		return
	}
	d, xa, wt := dst.(*act), x.(*act), w.(*weight)
	vec := wt.vec
	if len(vec) == 0 || xa.cols%len(vec) != 0 {
		panic(fmt.Sprintf("cpu: tensor %s normalizes %d columns, its input has %d", w.Info().Name, len(vec), xa.cols))
	}
	if d != xa {
		d.shape("norm", xa.rows, xa.cols)
	}
	b.runFinite(wt, xa.rows, func(i int) int { return i }, func(_, i int) bool {
		finite := true
		to, from := d.row(i), xa.row(i)
		for ; len(from) > 0; to, from = to[len(vec):], from[len(vec):] {
			finite = asm.RMSNorm(to[:len(vec)], from[:len(vec)], vec, eps) && finite
		}
		return finite
	})
}

// Bias adds a vector to every row.
func (b *Backend) Bias(x backend.Act, w backend.Weight) {
	if b.over() {
		return
	}
	xa, vec := x.(*act), w.(*weight).vec
	if xa.cols != len(vec) {
		panic(fmt.Sprintf("cpu: tensor %s has %d columns, its input %d", w.Info().Name, len(vec), xa.cols))
	}
	b.run(xa.rows, func(_, i int) {
		for j, v := range xa.row(i) {
			xa.row(i)[j] = v + vec[j]
		}
	})
}

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
func (b *Backend) Rotate(x backend.Act, heads int, r backend.Rope) {
	if b.over() {
		return
	}
	xa, pos := x.(*act), b.pass.pos
	if len(pos) != xa.rows {
		panic(fmt.Sprintf("cpu: rotate: %d positions for %d rows", len(pos), xa.rows))
	}
	last := int32(-1)
	for _, p := range pos {
		last = max(last, p)
	}
	b.rope.upTo(r, int(last)+1)
	dim, half := xa.cols/heads, r.Dims/2
	b.run(xa.rows, func(_, i int) {
		at := int(pos[i]) * half
		cos, sin := b.rope.cos[at:at+half], b.rope.sin[at:at+half]
		row := xa.row(i)
		for h := range heads {
			asm.Rotate(row[h*dim:(h+1)*dim], cos, sin)
		}
	})
}
