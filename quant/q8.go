package quant

import (
	"llada/formats"
	"llada/runtime/asm"
)

// Q8TileBytes is the size of a q8 tile: bf16 D[2][16], one scale per row and
// 128 columns, then the panel's 4096 int8. 8.125 bits per weight.
const Q8TileBytes = formats.Q8TileBytes

// Q8 is the 8-bit encoding: a tile is a panel as it stands.
type Q8 struct{}

// Encoding is q8.
func (Q8) Encoding() formats.Encoding { return formats.Q8 }

// TileBytes is Q8TileBytes.
func (Q8) TileBytes() int { return Q8TileBytes }

// Size is the number of bytes of a rows × cols matrix.
func (Q8) Size(rows, cols int) int64 { return tiledSize(rows, cols, Q8TileBytes) }

// Panel decodes a tile.
func (Q8) Panel(p *Panel, tile []byte) {
	for i := range p.D {
		p.D[i] = getBF16(tile[2*i:])
	}
	copy(asBytes(p.W[:]), tile[Groups*TileRows*2:Q8TileBytes])
}

// DecodeRow writes one row.
func (Q8) DecodeRow(dst []float32, data []byte, cols, row int) {
	tiles, r := ceil(cols, TileCols), row%TileRows
	data = data[row/TileRows*tiles*Q8TileBytes:]
	for k := range cols {
		tile := data[k/TileCols*Q8TileBytes:][:Q8TileBytes]
		in := k % TileCols
		d := getBF16(tile[2*(in/GroupCols*TileRows+r):])
		dst[k] = d * float32(int8(tile[2*Groups*TileRows+PanelIndex(r, in)]))
	}
}

// EncodeGroup encodes n rows.
func (c Q8) EncodeGroup(dst []byte, w []float32, n, cols int, importance []float32) {
	encodeTiles(c, dst, w, n, cols, importance)
}

// encodeTile searches the scales of 16 rows at once. The search tries bfloat16
// values down to 6 % below what maps a group's extreme to 127: clipping it so
// wins about 0.3 dB, and clipping more wins nothing.
func (Q8) encodeTile(tile []byte, k *work, x *asm.Columns, imp *[TileCols]float32) {
	for g := range Groups {
		lo := g * GroupCols
		asm.SearchQ8(k.w[lo*TileRows:], &k.d[g], x.Group(g), (*[GroupCols]float32)(imp[lo:]))
		for r, d := range k.d[g] {
			putBF16(tile[2*(g*TileRows+r):], d)
		}
	}
	copy(tile[Groups*TileRows*2:Q8TileBytes], asBytes(k.w[:]))
}
