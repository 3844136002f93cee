package quant

import (
	"unsafe"

	"llada/formats"
	"llada/runtime/asm"
)

// work is one tile on its way from a checkpoint into a container, with room for
// all that is computed from it.
type work struct {
	x    asm.Columns // as it was read, padded with zeros
	clip asm.Columns // within ±huge, if x is not
	d    [Groups]asm.Lanes
	w    asm.Panel // what the tile's bytes decode to, with d
	code asm.Panel // codes in the order of w
	row  [TileRows * TileCols]float32
	imp  [TileCols]float32
}

// tiler is a codec that encodes 16 rows × 256 columns at a time: bytes to tile,
// and what they decode to into k.d and k.w. Weights are within ±huge.
type tiler interface {
	Quantized
	encodeTile(tile []byte, k *work, x *asm.Columns, imp *[TileCols]float32)
}

// source is up to 16 rows of weights, plain bytes or numbers.
type source struct {
	data     []byte
	encoding formats.Encoding
	numbers  []float32 // instead of data
	n, cols  int
}

// read puts superblock s into k.x and returns the greatest magnitude of its
// weights, as bits.
func (f *source) read(k *work, s int) (uint32, error) {
	lo, hi := s*TileCols, min((s+1)*TileCols, f.cols)
	whole := f.n == TileRows && hi-lo == TileCols
	switch {
	case whole && f.numbers != nil:
		return asm.ReadColumns(&k.x, f.numbers[lo:], f.cols), nil
	case whole && f.encoding == formats.BF16:
		return asm.ReadColumnsBF16(&k.x, f.data[2*lo:], f.cols), nil
	}
	clear(k.row[:])
	for r := range f.n {
		dst := k.row[r*TileCols : r*TileCols+hi-lo]
		if f.numbers != nil {
			copy(dst, f.numbers[r*f.cols+lo:])
			continue
		}
		size := f.encoding.ElementBytes()
		at := (r*f.cols + lo) * size
		if err := formats.DecodeFloat32(dst, f.data[at:at+len(dst)*size], f.encoding); err != nil {
			return 0, err
		}
	}
	return asm.ReadColumns(&k.x, k.row[:], TileCols), nil
}

// importance spreads the importances of superblock s over k.imp. Padding has
// none.
func (k *work) importance(importance []float32, s, cols int) *[TileCols]float32 {
	lo, hi := s*TileCols, min((s+1)*TileCols, cols)
	clear(k.imp[:])
	if importance != nil {
		copy(k.imp[:], importance[lo:hi])
		return &k.imp
	}
	for i := range hi - lo {
		k.imp[i] = 1
	}
	return &k.imp
}

// clipped is k.x within ±huge, given its greatest magnitude.
func (k *work) clipped(most uint32) *asm.Columns {
	if most <= hugeBits {
		return &k.x
	}
	for i := range k.x {
		for r, v := range k.x[i] {
			k.clip[i][r] = min(max(v, -huge), huge)
		}
	}
	return &k.clip
}

// addErrors adds the errors of superblock s to sums. What padding columns
// decode to does not count.
func (k *work) addErrors(sums *asm.ErrorSums, s, cols int) {
	n := min(TileCols, cols-s*TileCols)
	for i := n; i%4 != 0; i++ {
		for r := range TileRows {
			k.w[PanelIndex(r, i)] = 0
		}
	}
	sums.Add(&k.x, &k.w, &k.d, ceil(n, 4)*4)
}

// encodeTiles is EncodeGroup for quantized encodings.
func encodeTiles(c tiler, dst []byte, w []float32, n, cols int, importance []float32) {
	k := new(work)
	from := source{numbers: w, n: n, cols: cols}
	tb := c.TileBytes()
	for s := range ceil(cols, TileCols) {
		most, _ := from.read(k, s) // numbers need no decoding, which could fail
		c.encodeTile(dst[s*tb:(s+1)*tb], k, k.clipped(most), k.importance(importance, s, cols))
	}
}

// asBytes is the memory of w.
func asBytes(w []int8) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w))
}
