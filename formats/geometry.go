package formats

// Geometry of the quantized encodings (docs/format.md §6.2): matrices come as
// tiles of 16 rows × 256 columns, both dimensions padded up.
const (
	TileRows = 16
	TileCols = 256
)

// Bytes of one tile. q8: bf16 D[2][16], then an int8 per weight. q4: bf16 D[16],
// int8 s[8][16], then a nibble per weight. q6: q4's, then two bits per weight.
const (
	Q8TileBytes = 2*2*TileRows + TileRows*TileCols
	Q4TileBytes = 2*TileRows + 8*TileRows + TileRows*TileCols/2
	Q6TileBytes = Q4TileBytes + TileRows*TileCols/4
)

// TileBytes is the size of a tile of a quantized encoding, 0 for a plain or
// unknown one.
func (e Encoding) TileBytes() int {
	switch e {
	case Q8:
		return Q8TileBytes
	case Q6:
		return Q6TileBytes
	case Q4:
		return Q4TileBytes
	}
	return 0
}
