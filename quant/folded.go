package quant

import (
	"slices"

	"llada/formats"
)

// folded is the family of encodings whose codes stand for integers that a
// signed sub-scale s per row and 32 columns folds into int8:
//
//	w8 = (base[q]·s + 2^(shift−1)) >> shift
//
// with an arithmetic shift. The rounding belongs to the format: it is the same
// on every machine, and the encoder searches on the values that are left after
// it. Sub-scales of either sign give an asymmetric codebook both orientations.
type folded struct {
	encoding formats.Encoding
	base     []int8
	shift    uint
	lead     []float32 // first candidates of the scale search: what the largest weight may become
	tile     int       // bytes of a tile
	pack     func(tile []byte, q *tileCodes)
	unpack   func(q *tileCodes, tile []byte)

	scaled [255]*grid // by s + 127: the values that a block can take
	free   *grid      // base itself, for the search before D is known
}

// tileCodes are the codes of a tile, [row][column].
type tileCodes [TileRows][TileCols]uint8

// Every folded tile begins with bf16 D[16] and int8 s[8][16].
const (
	foldedScales = TileRows * 2
	foldedCodes  = foldedScales + Blocks*TileRows
)

func (f *folded) init() *folded {
	reach := 1 << (f.shift - 1)
	if f.encoding == formats.Q6 {
		reach = 128
	}
	for i := range f.scaled {
		value := make([]int8, len(f.base))
		for q := range value {
			value[q] = f.fold(uint8(q), int8(i-127))
		}
		f.scaled[i] = newGrid(value, reach)
	}
	f.free = newGrid(f.base, reach)
	return f
}

func (f *folded) fold(q uint8, s int8) int8 {
	return int8((int32(f.base[q])*int32(s) + 1<<(f.shift-1)) >> f.shift)
}

func (f *folded) Encoding() formats.Encoding { return f.encoding }

func (f *folded) TileBytes() int { return f.tile }

func (f *folded) Size(rows, cols int) int64 { return tiledSize(rows, cols, f.tile) }

// Panel decodes a tile.
func (f *folded) Panel(p *Panel, tile []byte) {
	var q tileCodes
	f.unpack(&q, tile)
	for r := range TileRows {
		d := getBF16(tile[2*r:])
		for g := range Groups {
			p.D[g*TileRows+r] = d
		}
		for b := range Blocks {
			// −128 is not written by the encoder; damaged bytes still decode.
			value := f.scaled[max(int(int8(tile[foldedScales+b*TileRows+r])), -127)+127].value
			for k := b * BlockCols; k < (b+1)*BlockCols; k++ {
				p.W[PanelIndex(r, k)] = value[q[r][k]]
			}
		}
	}
}

func (f *folded) DecodeRow(dst []float32, data []byte, cols, row int) {
	decodeTiledRow(f, dst, data, cols, row)
}

// EncodeGroup encodes n rows, each superblock by itself.
func (f *folded) EncodeGroup(dst []byte, w []float32, n, cols int, importance []float32) {
	eachTile(w, n, cols, importance, func(s int, x *[TileRows][TileCols]float32, imp []float32) {
		tile := dst[s*f.tile : (s+1)*f.tile]
		var q tileCodes
		var scale [Blocks]int8
		for r := range TileRows {
			d := f.encodeRow(q[r][:], &scale, x[r][:], imp)
			putBF16(tile[2*r:], d)
			for b, v := range scale {
				tile[foldedScales+b*TileRows+r] = byte(v)
			}
		}
		f.pack(tile, &q)
	})
}

// encodeRow chooses D, the sub-scales and the codes of one row of a superblock.
func (f *folded) encodeRow(q []uint8, scale *[Blocks]int8, x, imp []float32) float32 {
	var want [Blocks]float32
	for b := range want {
		xb, ib := block(x, b), block(imp, b)
		want[b] = f.freeScale(xb, ib)
	}
	most := absMax(want[:])
	if most == 0 {
		clear(scale[:])
		for b := range Blocks {
			f.codes(block(q, b), block(x, b), 0, 0)
		}
		return 0
	}
	unit := float32(int32(1) << f.shift)
	d := roundBF16(most * unit / 127)
	f.subScales(scale, want[:], x, imp, d, unit)
	if refit := f.refitRow(scale, x, imp, d); refit != d {
		var other [Blocks]int8
		if f.subScales(&other, want[:], x, imp, refit, unit) < f.rowError(scale, x, imp, d) {
			*scale, d = other, refit
		}
	}
	inv := inverse(d)
	for b, s := range scale {
		f.codes(block(q, b), block(x, b), s, inv)
	}
	return d
}

// freeScale is the signed factor of the base that fits a block best, before it
// is rounded to D·s: candidates around the one that maps the largest weight to
// either end of the base, then a refit.
func (f *folded) freeScale(x, imp []float32) float32 {
	peak := absMax(x)
	if peak < tiny {
		return 0
	}
	best, bestErr := float32(0), float32(0)
	for _, lead := range f.lead {
		d := peak / lead
		e := float32(f.free.err(x, imp, 1/d) * float32(d*d))
		if best == 0 || e < bestErr {
			best, bestErr = d, e
		}
	}
	return f.free.fit(x, imp, 1/best)
}

// nearby is how far around the rounded sub-scale the search goes.
const nearby = 2

// subScales chooses s for every block given D and returns the error of the row.
func (f *folded) subScales(scale *[Blocks]int8, want, x, imp []float32, d, unit float32) float32 {
	inv, sum := 1/d, float32(0)
	for b := range Blocks {
		xb, ib := block(x, b), block(imp, b)
		at := roundClamp(float32(want[b]*unit)*inv, 127)
		bestErr := float32(-1)
		for s := max(at-nearby, -127); s <= min(at+nearby, 127); s++ {
			if e := f.scaled[s+127].err(xb, ib, inv); bestErr < 0 || e < bestErr {
				scale[b], bestErr = int8(s), e
			}
		}
		sum += bestErr
	}
	return float32(sum * float32(d*d))
}

func (f *folded) rowError(scale *[Blocks]int8, x, imp []float32, d float32) float32 {
	inv, sum := 1/d, float32(0)
	for b, s := range scale {
		sum += f.scaled[int(s)+127].err(block(x, b), block(imp, b), inv)
	}
	return float32(sum * float32(d*d))
}

// refitRow is the D that fits the row's chosen values best, rounded to bf16.
func (f *folded) refitRow(scale *[Blocks]int8, x, imp []float32, d float32) float32 {
	inv := 1 / d
	var xv, vv float32
	for b, s := range scale {
		g := f.scaled[int(s)+127]
		for k := b * BlockCols; k < (b+1)*BlockCols; k++ {
			n := g.near[g.bin(float32(x[k]*inv))]
			i := float32(1)
			if imp != nil {
				i = imp[k]
			}
			xv += float32(i * float32(x[k]*n))
			vv += float32(i * float32(n*n))
		}
	}
	if fit := xv / vv; vv > 0 && fit > tiny {
		return roundBF16(fit)
	}
	return d
}

// codes writes the nearest code of every weight of a block.
func (f *folded) codes(q []uint8, x []float32, s int8, inv float32) {
	g := f.scaled[int(s)+127]
	for k, v := range x {
		q[k] = g.nearest(float32(v * inv))
	}
}

// block is columns 32b to 32b+31 of a row; nil of nil.
func block[T any](x []T, b int) []T {
	if x == nil {
		return nil
	}
	return x[b*BlockCols : (b+1)*BlockCols : (b+1)*BlockCols]
}

// leads spreads candidates around both ends of a base.
func leads(base []int8, from, to float32, n int) []float32 {
	lo, hi := float32(slices.Min(base)), float32(slices.Max(base))
	var out []float32
	for i := range n {
		f := from + (to-from)*float32(i)/float32(n-1)
		out = append(out, float32(hi*f), float32(lo*f))
	}
	return out
}
