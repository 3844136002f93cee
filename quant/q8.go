package quant

import (
	"math"

	"llada/formats"
)

// Q8TileBytes is the size of a q8 tile: bf16 D[2][16], one scale per row and
// 128 columns, then the panel's 4096 int8. 8.125 bits per weight.
const Q8TileBytes = Groups*TileRows*2 + TileRows*TileCols

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
	w := tile[Groups*TileRows*2 : Q8TileBytes]
	for i := range p.W {
		p.W[i] = int8(w[i])
	}
}

// DecodeRow writes one row.
func (c Q8) DecodeRow(dst []float32, data []byte, cols, row int) {
	decodeTiledRow(c, dst, data, cols, row)
}

// EncodeGroup encodes n rows.
func (Q8) EncodeGroup(dst []byte, w []float32, n, cols int, importance []float32) {
	eachTile(w, n, cols, importance, func(s int, x *[TileRows][TileCols]float32, imp []float32) {
		tile := dst[s*Q8TileBytes : (s+1)*Q8TileBytes]
		for r := range TileRows {
			for g := range Groups {
				lo := g * GroupCols
				v := x[r][lo : lo+GroupCols]
				var iw []float32
				if imp != nil {
					iw = imp[lo : lo+GroupCols]
				}
				d := q8Scale(v, iw)
				putBF16(tile[2*(g*TileRows+r):], d)
				inv := inverse(d)
				out := tile[Groups*TileRows*2:]
				for k, xv := range v {
					out[PanelIndex(r, lo+k)] = byte(roundClamp(xv*inv, 127))
				}
			}
		}
	})
}

// q8Steps is how many bfloat16 values below the largest are tried. Clipping a
// group's extreme by up to 6 % wins about 0.3 dB; further steps win nothing.
const q8Steps = 12

// q8Scale searches the bfloat16 scale with the least squared error.
func q8Scale(x, importance []float32) float32 {
	most := absMax(x)
	if most < tiny {
		return 0
	}
	top := toBF16(most / 127)
	best, bestErr := fromBF16(top), float32(math.Inf(1))
	for i := range uint16(q8Steps) {
		d := fromBF16(top + 1 - i)
		if e := q8Error(x, importance, d, bestErr); e < bestErr {
			best, bestErr = d, e
		}
	}
	return best
}

// q8Error is the weighted squared error of scale d, or at least bound once it
// exceeds it.
func q8Error(x, importance []float32, d, bound float32) float32 {
	inv := 1 / d
	sum := float32(0)
	for k := 0; k < len(x); k += BlockCols {
		part := float32(0)
		if importance == nil {
			for _, v := range x[k : k+BlockCols] {
				y := float32(v * inv)
				e := y - float32(roundClamp(y, 127))
				part += float32(e * e)
			}
		} else {
			for j, v := range x[k : k+BlockCols] {
				y := float32(v * inv)
				e := y - float32(roundClamp(y, 127))
				part += float32(importance[k+j] * float32(e*e))
			}
		}
		if sum += float32(float32(part*d) * d); sum > bound {
			break
		}
	}
	return sum
}
