package cpu

import (
	"context"
	"fmt"
	"sort"

	"llada/formats"
	"llada/quant"
	"llada/runtime/asm"
	"llada/runtime/backend"
)

// weight is a tensor in place, with the codec that reads it.
type weight struct {
	info     formats.Info
	data     []byte
	codec    quant.Codec
	tiles    quant.Quantized // nil for plain encodings, and below:
	encoding asm.Encoding
	codebook [16]int8
	vec      []float32 // a decoded vector (norms, biases)

	exact *weight // rows that stand in for those that it replaces; nil: none
}

func (w *weight) Info() formats.Info { return w.info }

// Close lets the data go.
func (w *weight) Close() error {
	*w = weight{info: w.info}
	return nil
}

// encodings are the tile formats as kernels know them.
var encodings = map[formats.Encoding]asm.Encoding{formats.Q4: asm.Q4, formats.Q6: asm.Q6, formats.Q8: asm.Q8}

// Load keeps the data of t and its companions in place; vectors are widened once
// and must be finite.
func (b *Backend) Load(_ context.Context, t formats.Tensor, companions ...formats.Tensor) (backend.Weight, error) {
	w, err := b.load(t)
	if err != nil {
		return nil, err
	}
	for _, c := range companions {
		if c.Name != t.Name+formats.RowsSuffix || w.exact != nil {
			return nil, fmt.Errorf("tensor %s is no companion of %s that this backend knows, or its second", c.Name, t.Name)
		}
		if w.exact, err = b.load(c); err != nil {
			return nil, err
		}
		if w.exact.tiles != nil || len(t.Shape) != 2 || len(c.Shape) != 2 || c.Cols() != t.Cols() || c.Rows() != len(c.Replaces) ||
			!ascending(c.Replaces) || c.Rows() > 0 && (c.Replaces[0] < 0 || int(c.Replaces[c.Rows()-1]) >= t.Rows()) {
			return nil, fmt.Errorf("tensor %s has shape %v and encoding %s for %d rows of %v in ascending order", c.Name, c.Shape, c.Encoding, len(c.Replaces), t.Shape)
		}
	}
	return w, nil
}

// ascending reports whether rows follow each other, none twice.
func ascending(rows []int32) bool {
	for i := 1; i < len(rows); i++ {
		if rows[i] <= rows[i-1] {
			return false
		}
	}
	return true
}

func (b *Backend) load(t formats.Tensor) (*weight, error) {
	c, err := b.codecs.For(t.Info)
	if err != nil {
		return nil, err
	}
	if want := c.Size(t.Rows(), t.Cols()); int64(len(t.Data)) != want {
		return nil, fmt.Errorf("tensor %s: %d bytes of %s for shape %v, want %d", t.Name, len(t.Data), t.Encoding, t.Shape, want)
	}
	w := &weight{info: t.Info, data: t.Data, codec: c}
	if w.tiles, _ = c.(quant.Quantized); w.tiles != nil {
		w.encoding = encodings[t.Encoding]
		copy(w.codebook[:], t.Codebook)
	}
	if len(t.Shape) == 1 {
		w.vec = make([]float32, t.Cols())
		err = b.pool.run(1, func(_, _ int) { c.DecodeRow(w.vec, t.Data, t.Cols(), 0) })
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", t.Name, err)
		}
		for i, v := range w.vec {
			if v-v != 0 {
				return nil, fmt.Errorf("tensor %s: element %d is %v: %w", t.Name, i, v, backend.ErrNotFinite)
			}
		}
	}
	return w, nil
}

// replaced is the range of exact rows that stand in for rows of [lo, hi).
func (w *weight) replaced(lo, hi int) (first, end int) {
	if w.exact == nil {
		return 0, 0
	}
	at := func(row int) int {
		return sort.Search(len(w.exact.info.Replaces), func(i int) bool { return int(w.exact.info.Replaces[i]) >= row })
	}
	return at(lo), at(hi)
}

// decodeRow writes row i to dst.
func (w *weight) decodeRow(dst []float32, i int) {
	if first, end := w.replaced(i, i+1); first < end {
		w, i = w.exact, first
	}
	w.codec.DecodeRow(dst, w.data, len(dst), i)
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

// strips is how many strips of 32 rows a matrix has.
func (w *weight) strips() int {
	return (w.info.Rows() + asm.StripRows - 1) / asm.StripRows
}
