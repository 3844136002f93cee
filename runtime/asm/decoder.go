package asm

// Geometry. A tile is the bytes of 16 rows × 256 columns (a superblock) of a
// quantized matrix, a panel what it decodes to. A strip is 32 rows of a matrix:
// two tiles one below the other.
const (
	PanelRows  = 16
	PanelCols  = 256
	PanelBytes = PanelRows * PanelCols
	StripRows  = 2 * PanelRows
	halves     = PanelCols / GroupCols
)

// Sizes of the tiles of each encoding in bytes (docs/format.md).
const (
	Q4Tile = 2208
	Q6Tile = 3232
	Q8Tile = 4160
)

// Decoder is what strips are decoded into while they are multiplied: a superblock
// that is in use and one in the making. A worker has one of its own.
type Decoder [2]decoded

// decoded is a superblock of a strip, two panels:
// weight[r][k] = d[r/16][k/128][r%16] · w8[r][k]. The order of w and what is added
// to each byte belong to the tier that decoded it.
type decoded struct {
	w [2 * PanelBytes]byte
	d [2][halves][PanelRows]float32
}

// decode fills panel i (rows 16i to 16i+15) from a tile. The codebook is q4's.
func (s *decoded) decode(i int, e Encoding, tile []byte, codebook *[16]int8) {
	w, d := &s.w[i*PanelBytes], &s.d[i][0][0]
	switch e {
	case Q4:
		active.ints.decodeQ4(w, d, &tile[:Q4Tile][0], &codebook[0])
	case Q6:
		active.ints.decodeQ6(w, d, &tile[:Q6Tile][0])
	case Q8:
		active.ints.decodeQ8(w, d, &tile[:Q8Tile][0])
	default:
		panic("asm: decode: no such encoding")
	}
}

// first is where a codebook begins, if there is one.
func first(codebook *[16]int8) *int8 {
	if codebook == nil {
		return nil
	}
	return &codebook[0]
}

// clear makes panel i zeros, for matrices that end in the middle of a strip.
func (s *decoded) clear(i int) {
	clear(s.w[i*PanelBytes : (i+1)*PanelBytes])
	s.d[i] = [halves][PanelRows]float32{}
}

// Encoding names a tile format.
type Encoding int

// The tile formats (docs/format.md).
const (
	Q4 Encoding = iota
	Q6
	Q8
)

var tileBytes = [...]int{Q4: Q4Tile, Q6: Q6Tile, Q8: Q8Tile}

// TileBytes is the size of a tile.
func (e Encoding) TileBytes() int { return tileBytes[e] }
