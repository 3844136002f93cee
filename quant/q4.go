package quant

import (
	"sync"

	"llada/formats"
)

// Q4TileBytes is the size of a q4 tile: bf16 D[16], int8 s[8][16], then 32
// vectors of 64 bytes; vector v, byte 4r+c holds q[r][8v+c] in its low nibble
// and q[r][8v+4+c] in its high one. 4.3125 bits per weight.
const Q4TileBytes = foldedCodes + TileRows*TileCols/2

// GaussCodebook is the Gauss–Lloyd codebook of 16 values. |value| ≤ 64 keeps
// folded weights within 7 bits, where pairs of products of u8×s8 fit int16.
var GaussCodebook = [16]int8{-63, -51, -41, -31, -24, -17, -11, -5, 1, 6, 12, 18, 25, 33, 43, 54}

var gaussQ4 = sync.OnceValue(func() *folded { return makeQ4(GaussCodebook) })

// newQ4 is the 4-bit encoding with the given codebook:
// w8 = (C[q]·s + 64) >> 7.
func newQ4(codebook [16]int8) *folded {
	if codebook == GaussCodebook {
		return gaussQ4()
	}
	return makeQ4(codebook)
}

func makeQ4(codebook [16]int8) *folded {
	f := &folded{
		encoding: formats.Q4,
		base:     codebook[:],
		shift:    7,
		tile:     Q4TileBytes,
		pack:     packNibbles,
		unpack:   unpackNibbles,
	}
	f.lead = leads(f.base, 0.80, 1.25, 10)
	return f.init()
}

func packNibbles(tile []byte, q *tileCodes) {
	for v := range TileCols / 8 {
		vec := tile[foldedCodes+64*v : foldedCodes+64*v+64]
		for r := range TileRows {
			for c := range 4 {
				vec[4*r+c] = q[r][8*v+c]&15 | q[r][8*v+4+c]<<4
			}
		}
	}
}

func unpackNibbles(q *tileCodes, tile []byte) {
	for v := range TileCols / 8 {
		vec := tile[foldedCodes+64*v : foldedCodes+64*v+64]
		for r := range TileRows {
			for c := range 4 {
				q[r][8*v+c] = vec[4*r+c] & 15
				q[r][8*v+4+c] = vec[4*r+c] >> 4
			}
		}
	}
}
