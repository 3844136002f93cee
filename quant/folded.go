package quant

import (
	"slices"
	"sync"

	"llada/formats"
	"llada/runtime/asm"
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
	least    int8      // below it s counts as it: what would leave int8
	lead     []float32 // candidates of the scale search: what the largest weight may become
	tries    [2]int    // sub-scales tried under the first D and the second
	tile     int       // bytes of a tile
	pack     func(tile []byte, code *asm.Panel)
	unpack   func(code *asm.Panel, tile []byte)

	value [256][]int8 // by byte of s and code: what a block's codes decode to

	// The encoder's tables are 84 kB and made when first asked for: whoever
	// only decodes does not pay for them.
	once sync.Once
	grid *asm.Grid
	code []uint8 // codes of the grid's values, where base does not ascend
}

// Every folded tile begins with bf16 D[16] and int8 s[8][16].
const (
	foldedScales = TileRows * 2
	foldedCodes  = foldedScales + Blocks*TileRows
)

func (f *folded) init() *folded {
	n := len(f.base)
	all := make([]int8, len(f.value)*n)
	for i := range f.value {
		f.value[i] = all[i*n : (i+1)*n : (i+1)*n]
		for q := range f.base {
			// −128 is never written, but decodes to the same everywhere.
			f.value[i][q] = f.fold(uint8(q), max(int8(i), f.least))
		}
	}
	return f
}

// encoder makes the tables of the scale search.
func (f *folded) encoder() *asm.Grid {
	f.once.Do(f.initEncoder)
	return f.grid
}

func (f *folded) initEncoder() {
	ascending := slices.Compact(slices.Sorted(slices.Values(f.base)))
	for len(ascending) < len(f.base) {
		ascending = slices.Insert(ascending, 0, ascending[0])
	}
	if !slices.Equal(ascending, f.base) {
		for _, v := range ascending {
			f.code = append(f.code, uint8(slices.Index(f.base, v)))
		}
	}
	f.grid = asm.NewGrid(ascending, f.shift, f.lead)
}

func (f *folded) fold(q uint8, s int8) int8 {
	return int8((int32(f.base[q])*int32(s) + 1<<(f.shift-1)) >> f.shift)
}

func (f *folded) Encoding() formats.Encoding { return f.encoding }

func (f *folded) TileBytes() int { return f.tile }

func (f *folded) Size(rows, cols int) int64 { return tiledSize(rows, cols, f.tile) }

// Panel decodes a tile.
func (f *folded) Panel(p *Panel, tile []byte) {
	var code asm.Panel
	f.unpack(&code, tile)
	for r := range TileRows {
		d := getBF16(tile[2*r:])
		for g := range Groups {
			p.D[g*TileRows+r] = d
		}
		for b := range Blocks {
			value := f.value[tile[foldedScales+b*TileRows+r]]
			for k := b * BlockCols; k < (b+1)*BlockCols; k += 4 {
				at := PanelIndex(r, k)
				w, q := p.W[at:at+4:at+4], code[at:at+4:at+4]
				w[0], w[1], w[2], w[3] = value[q[0]], value[q[1]], value[q[2]], value[q[3]]
			}
		}
	}
}

func (f *folded) DecodeRow(dst []float32, data []byte, cols, row int) {
	decodeTiledRow(f, dst, data, cols, row)
}

// EncodeGroup encodes n rows, each superblock by itself.
func (f *folded) EncodeGroup(dst []byte, w []float32, n, cols int, importance []float32) {
	encodeTiles(f, dst, w, n, cols, importance)
}

// encodeTile chooses D, the sub-scales and the codes of 16 rows at once: a free
// scale for every block, D from the largest of them, sub-scales under D, then
// the D that fits what these leave, with sub-scales of its own. A row keeps the
// second D if its error is less.
func (f *folded) encodeTile(tile []byte, k *work, x *asm.Columns, imp *[TileCols]float32) {
	grid := f.encoder()
	var want, scale [Blocks]asm.Lanes
	var d, inv, sum asm.Lanes
	for b := range Blocks {
		grid.Free(&want[b], x.Block(b), impBlock(imp, b))
		for r, v := range want[b] {
			d[r] = max(d[r], v, -v)
		}
	}
	unit := float32(int32(1) << f.shift)
	for r := range d {
		d[r] = roundBF16(d[r] * unit / 127)
		inv[r] = inverse(d[r])
	}
	for b := range Blocks {
		grid.Scale(&scale[b], &sum, x.Block(b), impBlock(imp, b), &want[b], &inv, f.tries[0])
	}
	f.refit(&d, &inv, &sum, &scale, &want, x, imp)
	for b := range Blocks {
		at := b * BlockCols * TileRows
		grid.Codes(k.code[at:], k.w[at:], x.Block(b), &scale[b], &inv)
	}
	if f.code != nil {
		for i, q := range k.code {
			k.code[i] = int8(f.code[q])
		}
	}
	for r, v := range d {
		putBF16(tile[2*r:], v)
		for b := range Blocks {
			tile[foldedScales+b*TileRows+r] = byte(int8(scale[b][r]))
		}
	}
	k.d[0], k.d[1] = d, d
	f.pack(tile, &k.code)
}

// refit tries the D that fits the chosen values best.
func (f *folded) refit(d, inv, sum *asm.Lanes, scale, want *[Blocks]asm.Lanes, x *asm.Columns, imp *[TileCols]float32) {
	grid := f.encoder()
	var fit [2]asm.Lanes
	for b := range Blocks {
		grid.Fit(&fit, x.Block(b), impBlock(imp, b), &scale[b], inv)
	}
	other, otherInv := *d, *inv
	for r, v := range d {
		// Further off, the fit comes from few weights that matter, and others
		// would leave the range of the search.
		if q := fit[0][r] / fit[1][r]; q > v/2 && q < 2*v {
			other[r] = roundBF16(q)
			otherInv[r] = 1 / other[r]
		}
	}
	var s [Blocks]asm.Lanes
	var otherSum asm.Lanes
	for b := range Blocks {
		grid.Scale(&s[b], &otherSum, x.Block(b), impBlock(imp, b), &want[b], &otherInv, f.tries[1])
	}
	for r := range d {
		// Errors are in units of each D.
		if rel := float32(other[r] * inv[r]); float32(otherSum[r]*float32(rel*rel)) < sum[r] {
			d[r], inv[r] = other[r], otherInv[r]
			for b := range Blocks {
				scale[b][r] = s[b][r]
			}
		}
	}
}

// impBlock is the importances of columns 32b to 32b+31.
func impBlock(imp *[TileCols]float32, b int) *[BlockCols]float32 {
	return (*[BlockCols]float32)(imp[b*BlockCols:])
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
