package asm

import (
	"math"
	"math/bits"
)

// The searches of an encoder work on 16 rows × 256 columns of weights, column by
// column, so that a vector holds one column and a lane never leaves its row.
// Every sum of a row runs over the columns in ascending order, whatever the width
// of a vector, and the rows need no folding.

// BlockCols is the number of columns that share a sub-scale.
const BlockCols = 32

// Lanes is a number for each of 16 rows.
type Lanes [PanelRows]float32

// Columns is 16 rows × 256 columns of weights, column by column: what becomes a
// tile.
type Columns [PanelCols]Lanes

// Block is columns that share a sub-scale; Group those that share a scale of q8.
type (
	Block [BlockCols]Lanes
	Group [GroupCols]Lanes
)

// Block is columns 32b to 32b+31.
func (c *Columns) Block(b int) *Block { return (*Block)(c[b*BlockCols:]) }

// Group is columns 128g to 128g+127.
func (c *Columns) Group(g int) *Group { return (*Group)(c[g*GroupCols:]) }

// Panel is the weights of a decoded tile, one byte each, in vectors of 64 for 4
// columns: byte 4r+c of vector v belongs to row r and column 4v+c.
type Panel [PanelBytes]int8

// searchKernels are the kernels of one tier, see the functions that call them.
type searchKernels struct {
	readColumns     func(dst, src *float32, stride int) uint32
	readColumnsBF16 func(dst *float32, src *byte, stride int) uint32
	errors          func(sums *float64, x *float32, w *int8, d *float32, vectors int)
	q8              func(w *int8, d, x, imp *float32)
	// For tables, tables with at most one midpoint in any bin, uniform grids.
	table, binned, uniform gridKernels
}

type gridKernels struct {
	free  func(want, x, imp *float32, g *Grid)
	scale func(s, sum, x, imp, want, inv *float32, g *Grid, tries int)
	fit   func(sums, x, imp, s, inv *float32, g *Grid)
	codes func(code, w *int8, x, s, inv *float32, g *Grid)
}

// ReadColumns reads 16 rows × 256 columns, stride numbers apart, and returns the
// greatest magnitude among them, as the bits of a float32. NaN counts as
// greater than infinity.
func ReadColumns(dst *Columns, src []float32, stride int) uint32 {
	if stride < PanelCols || len(src) < (PanelRows-1)*stride+PanelCols {
		panic("asm: read columns: short rows")
	}
	return active.search.readColumns(&dst[0][0], &src[0], stride)
}

// ReadColumnsBF16 is ReadColumns for rows of bfloat16; stride counts numbers, src bytes.
func ReadColumnsBF16(dst *Columns, src []byte, stride int) uint32 {
	if stride < PanelCols || len(src) < 2*((PanelRows-1)*stride+PanelCols) {
		panic("asm: read columns: short rows")
	}
	return active.search.readColumnsBF16(&dst[0][0], &src[0], stride)
}

// ErrorSums are sums over weights x and what they decode to, y, by row: Σx²,
// Σ(x−y)² and max |x−y|.
type ErrorSums struct{ Signal, Noise, Most [PanelRows]float64 }

// Add adds the first `columns` columns of x, a multiple of 4, in ascending order:
// y = d·w in float32, x−y and all that follows in float64, no product fused with a
// sum.
func (e *ErrorSums) Add(x *Columns, w *Panel, d *[halves]Lanes, columns int) {
	if columns < 0 || columns > PanelCols || columns%4 != 0 {
		panic("asm: error sums: no such columns")
	}
	if columns > 0 {
		active.search.errors(&e.Signal[0], &x[0][0], &w[0], &d[0][0], columns/4)
	}
}

// SearchQ8 chooses the scale of every row of a group and rounds its weights. For
// a row with the greatest magnitude m < 10⁻³⁴ the scale and all weights are 0.
// Otherwise, with T the bits of m/127 rounded to bfloat16, candidates d have
// bits T+1, T, … T−10; the one with the least
//
//	Σ imp[k]·(y − round(clamp(y, ±127)))² · (d·(1/D))²      y = x·(1/d), D of bits T
//
// wins, the first of equals. w is half a panel, [32] vectors.
func SearchQ8(w []int8, d *Lanes, x *Group, imp *[GroupCols]float32) {
	if len(w) < PanelRows*GroupCols {
		panic("asm: search q8: short output")
	}
	active.search.q8(&w[0], &d[0], &x[0][0], &imp[0])
}

// Grid is the set of integers C[q] that the codes q of an encoding stand for,
// before a sub-scale s folds them: w = ⌊C[q]·s/unit + ½⌋. There are 16 (a table),
// or they are consecutive, 64 at most (uniform). Values ascend; the first of a table may
// repeat, for codebooks that hold fewer.
//
// The assembly reads the first fields by their offsets.
type Grid struct {
	value [16]float32 // 0
	mid   [24]float32 // 64: bias + halfway from value q−1 to q; −∞ at 0
	two   [8]float32  // 160: mid 2, 2, 6, 6, 10, 10, 14, 14
	odd   [8]float32  // 192: mid 1, 3, …
	evens [8]float32  // 224: value 0, 2, …
	odds  [8]float32  // 256: value 1, 3, …
	lo    float32     // 288: the first value
	hi    float32     // 292: the last
	unit  float32     // 296: 2^shift
	step  float32     // 300: 2^−shift
	leads int         // 304
	lead  [40]lead    // 312

	// Of numbers u whose u/4 rounds to i, clamped to a bin: those below `split`
	// are next to low, the others to high.
	split, low, high [32]float32 // 632, 760, 888

	// In bytes, for arm64: 2·mid as a tree, where the children of node n are 2n and
	// 2n + 1 and 1 is the root; the values; the upper and the lower bytes of their
	// bfloat16.
	tree         [16]uint8 // 1016
	whole        [16]int8  // 1032
	upper, lower [16]uint8 // 1048, 1064
	right        int16     // 1080: −shift
	ends         [2]int8   // 1082: the first value and the last

	// For the definition, in integers.
	uniform     bool
	binned      bool  // the bins are there
	first, last int32 // value and index
	values      []int32
	folded      [255][64]float32 // by s + 127 and index
	bins        [256]uint8       // of tables: the index next to numbers from i/2 − 64 on
	near        [256]float32     // and its value
}

// bias makes what is compared with a table's midpoints positive.
const bias = 64

// lead is a candidate of the free search: the value that a block's greatest
// magnitude becomes, and 1/value².
type lead struct{ value, weight float32 }

// NewGrid makes the grid of ascending values within ±64, folded by a shift,
// and the candidates of its free search, 40 at most.
func NewGrid(values []int8, shift uint, leads []float32) *Grid {
	n := len(values)
	g := &Grid{
		unit: float32(int(1) << shift), step: 1 / float32(int(1)<<shift),
		lo: float32(values[0]), hi: float32(values[n-1]),
		leads: len(leads),
		right: -int16(shift), ends: [2]int8{values[0], values[n-1]},
		first: int32(values[0]), last: int32(n - 1),
	}
	for i, v := range leads {
		g.lead[i] = lead{v, 1 / float32(v*v)}
	}
	for _, v := range values {
		g.values = append(g.values, int32(v))
	}
	for s := range g.folded {
		for q, v := range g.values {
			g.folded[s][q] = float32((v*int32(s-127) + 1<<(shift-1)) >> shift)
		}
	}
	if g.uniform = int(values[n-1])-int(values[0]) == n-1; g.uniform {
		return g
	}
	if n != len(g.value) {
		panic("asm: grid: neither 16 values nor consecutive ones")
	}
	for i, v := range values {
		g.value[i] = float32(v)
	}
	for i := range g.mid {
		switch {
		case i == 0:
			g.mid[i] = float32(math.Inf(-1))
		case i < n:
			g.mid[i] = bias + (g.value[i-1]+g.value[i])/2
		default:
			g.mid[i] = float32(math.Inf(1))
		}
	}
	for i := range 8 {
		g.two[i], g.odd[i] = g.mid[i/2*4+2], g.mid[2*i+1]
		g.evens[i], g.odds[i] = g.value[2*i], g.value[2*i+1]
	}
	for i := range g.bins {
		for q := 1; q < n && float32(i)/2 >= g.mid[q]; q++ {
			g.bins[i] = uint8(q)
		}
		g.near[i] = g.value[g.bins[i]]
	}
	g.binned = g.fillBins()
	g.fillBytes()
	return g
}

// fillBytes fills what a table has in bytes.
func (g *Grid) fillBytes() {
	for n := 1; n < len(g.tree); n++ {
		level := bits.Len(uint(n)) - 1
		q := (2*(n-1<<level) + 1) * 8 >> level
		g.tree[n] = uint8(min(2*g.mid[q], 255))
	}
	for q, v := range g.values {
		b := math.Float32bits(float32(v)) >> 16
		g.whole[q], g.upper[q], g.lower[q] = int8(v), uint8(b>>8), uint8(b)
	}
}

// fillBins reports whether each bin has at most one midpoint. One on an edge
// counts for both sides: rounding decides which bin a number comes into.
func (g *Grid) fillBins() bool {
	for b := range g.split {
		from, to := float32(4*b-2), float32(4*b+2)
		if b == 0 {
			from = float32(math.Inf(-1))
		}
		below, within := 0, 0
		for _, m := range g.mid[1:16] {
			below += int(bit(m < from))
			within += int(bit(m >= from && (m <= to || b == len(g.split)-1)))
		}
		if within > 1 {
			return false
		}
		g.split[b], g.low[b] = float32(math.Inf(1)), g.value[below]
		if within == 1 {
			g.split[b], g.high[b] = g.mid[below+1], g.value[below+1]
		}
	}
	return true
}

func (g *Grid) kernels() *gridKernels {
	switch {
	case g.uniform:
		return &active.search.uniform
	case g.binned:
		return &active.search.binned
	}
	return &active.search.table
}

// Free finds for every row the factor that fits a block best when nothing is
// rounded: x ≈ want·C[q]. With m the greatest magnitude of the row, candidates
// are f = lead/m; the one with the least Σ imp·(t − c)²/lead² wins, t = x·f, c
// the value next to t (half-way: the even one in a uniform grid; in a table the
// greater, t + 64 in float32 compared), the first of equals. One step of Lloyd's iteration follows:
// want = Σ imp·(x·c) / Σ imp·(c·c), unless that leaves (½/f, 2/f): then 1/f.
// want is 0 where m < 10⁻³⁴.
func (g *Grid) Free(want *Lanes, x *Block, imp *[BlockCols]float32) {
	g.kernels().free(&want[0], &x[0][0], &imp[0], g)
}

// Scale chooses for every row the sub-scale s, from −127 to 127, given 1/D. The
// first candidate is want·(unit·inv), rounded to even; those that follow are 1
// less, 1 more, 2 less and so on, 7 in all or the first few of them. The error
// is that of what is nearest before folding,
//
//	Σ imp·(y − v)²      y = x·inv, v = ⌊c·s/unit + ½⌋, c next to x·(inv·(unit/s))
//
// and is added to sum. The first of equals wins. Where s is 0, so is v.
func (g *Grid) Scale(s, sum *Lanes, x *Block, imp *[BlockCols]float32, want, inv *Lanes, tries int) {
	if tries < 1 || tries > len(nearby) {
		panic("asm: scale: no such number of tries")
	}
	g.kernels().scale(&s[0], &sum[0], &x[0][0], &imp[0], &want[0], &inv[0], g, tries)
}

// Fit adds Σ imp·(x·v) and Σ imp·(v·v) to sums, v as in Scale.
func (g *Grid) Fit(sums *[2]Lanes, x *Block, imp *[BlockCols]float32, s, inv *Lanes) {
	g.kernels().fit(&sums[0][0], &x[0][0], &imp[0], &s[0], &inv[0], g)
}

// Codes writes for every weight the code q whose w is nearest to y = x·inv,
// half-way the greater, and w itself; each [8] vectors of a panel. w is monotone
// in q and within ½ of C[q]·s/unit, so it is nearest for one of the two codes
// whose unrounded values enclose y. Of codes with the same w either may come.
func (g *Grid) Codes(code, w []int8, x *Block, s, inv *Lanes) {
	const n = PanelRows * BlockCols
	if len(code) < n || len(w) < n {
		panic("asm: codes: short output")
	}
	g.kernels().codes(&code[0], &w[0], &x[0][0], &s[0], &inv[0], g)
}
