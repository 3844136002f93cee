package quant

import (
	"llada/formats"
)

// Geometry of quantized tensors: tiles of 16 output rows and 256 input columns
// (a superblock), in the order [rows/16][cols/256]. Both are padded up. Padding
// rows and blocks decode to 0; padding columns within a block need not (q4 has
// no code for 0 at large sub-scales) and meet activations that are 0.
const (
	TileRows  = formats.TileRows
	TileCols  = formats.TileCols
	BlockCols = 32  // columns that share a folded sub-scale (q4, q6)
	GroupCols = 128 // columns that share an activation scale (a8) and a panel scale
	Groups    = TileCols / GroupCols
	Blocks    = TileCols / BlockCols
)

// Panel is a decoded tile: weight[r][k] = D[k/128][r] · W[PanelIndex(r, k)].
type Panel struct {
	W [TileRows * TileCols]int8
	D [Groups * TileRows]float32 // [group][row]
}

// PanelIndex is where row r and column k of a tile stand in a panel: vectors of
// 64 bytes hold 16 rows × 4 consecutive columns, byte 4r+c for row r, column c,
// which is the operand order of the int8 dot instructions.
func PanelIndex(r, k int) int { return k/4*64 + 4*r + k%4 }

// Codec is one encoding of matrices.
type Codec interface {
	Encoding() formats.Encoding
	// Size is the number of bytes of a rows × cols matrix.
	Size(rows, cols int) int64
	// EncodeGroup encodes n ≤ 16 rows, w being [n][cols], into
	// dst[:Size(16, cols)] (plain encodings: Size(n, cols)). importance weighs
	// the squared error of each column, [cols] with values ≥ 0; nil: all equal.
	EncodeGroup(dst []byte, w []float32, n, cols int, importance []float32)
	// DecodeRow writes row `row` of a rows × cols matrix to dst[:cols].
	DecodeRow(dst []float32, data []byte, cols, row int)
}

// Quantized is a codec whose tiles decode to panels.
type Quantized interface {
	Codec
	TileBytes() int
	Panel(p *Panel, tile []byte)
}

// Default returns the codec that new tensors of an encoding are written with.
func Default(e formats.Encoding) (Codec, error) {
	i := formats.Info{Encoding: e}
	if e == formats.Q4 {
		i.Codebook = GaussCodebook[:]
	}
	return For(i)
}

// tiledSize is the bytes of a matrix of tiles.
func tiledSize(rows, cols, tileBytes int) int64 {
	return int64(ceil(rows, TileRows)) * int64(ceil(cols, TileCols)) * int64(tileBytes)
}

func ceil(a, b int) int { return (a + b - 1) / b }

// decodeTiledRow decodes one row through panels: the definition itself, for
// embedding lookups and checks.
func decodeTiledRow(c Quantized, dst []float32, data []byte, cols, row int) {
	var p Panel
	tiles, tb := ceil(cols, TileCols), c.TileBytes()
	base := row / TileRows * tiles
	r := row % TileRows
	for s := range tiles {
		at := (base + s) * tb
		c.Panel(&p, data[at:at+tb])
		lo := s * TileCols
		for k := range min(TileCols, cols-lo) {
			dst[lo+k] = p.D[k/GroupCols*TileRows+r] * float32(p.W[PanelIndex(r, k)])
		}
	}
}
