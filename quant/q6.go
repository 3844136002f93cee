package quant

import (
	"sync"

	"llada/formats"
)

// Q6TileBytes is the size of a q6 tile: bf16 D[16], int8 s[8][16], the low
// nibbles as in q4, then 16 vectors of high bits: vector w, byte 4r+c, bits
// 2j and 2j+1 are the top two bits of q[r][16w+4j+c]. 6.3125 bits per weight.
const Q6TileBytes = Q4TileBytes + TileRows*TileCols/4

// newQ6 is the 6-bit encoding: w8 = ((q−32)·s + 16) >> 5.
var newQ6 = sync.OnceValue(func() *folded {
	base := make([]int8, 64)
	for q := range base {
		base[q] = int8(q - 32)
	}
	f := &folded{
		encoding: formats.Q6,
		base:     base,
		shift:    5,
		tile:     Q6TileBytes,
		pack:     packSix,
		unpack:   unpackSix,
	}
	f.lead = leads(base, 0.92, 1.04, 7)
	return f.init()
})

func packSix(tile []byte, q *tileCodes) {
	packNibbles(tile, q)
	for w := range TileCols / 16 {
		vec := tile[Q4TileBytes+64*w : Q4TileBytes+64*w+64]
		for r := range TileRows {
			for c := range 4 {
				b := uint8(0)
				for j := range 4 {
					b |= q[r][16*w+4*j+c] >> 4 << (2 * j)
				}
				vec[4*r+c] = b
			}
		}
	}
}

func unpackSix(q *tileCodes, tile []byte) {
	unpackNibbles(q, tile)
	for w := range TileCols / 16 {
		vec := tile[Q4TileBytes+64*w : Q4TileBytes+64*w+64]
		for r := range TileRows {
			for c := range 4 {
				for j := range 4 {
					q[r][16*w+4*j+c] |= vec[4*r+c] >> (2 * j) & 3 << 4
				}
			}
		}
	}
}
