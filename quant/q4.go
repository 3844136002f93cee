package quant

import (
	"encoding/binary"
	"sync"

	"llada/formats"
	"llada/runtime/asm"
)

// Q4TileBytes is the size of a q4 tile: bf16 D[16], int8 s[8][16], then 32
// vectors of 64 bytes; vector v, byte 4r+c holds q[r][8v+c] in its low nibble
// and q[r][8v+4+c] in its high one. 4.3125 bits per weight.
const Q4TileBytes = formats.Q4TileBytes

// GaussCodebook is the Gauss–Lloyd codebook of 16 values. |value| ≤ 64 keeps
// folded weights within 7 bits, where pairs of products of u8×s8 fit int16.
var GaussCodebook = [16]int8{-63, -51, -41, -31, -24, -17, -11, -5, 1, 6, 12, 18, 25, 33, 43, 54}

var gaussQ4 = sync.OnceValue(func() *folded { return makeQ4(GaussCodebook) })

// makeQ4 is the 4-bit encoding with the given codebook:
// w8 = (C[q]·s + 64) >> 7.
func makeQ4(codebook [16]int8) *folded {
	f := &folded{
		encoding: formats.Q4,
		base:     codebook[:],
		shift:    7,
		least:    -128,
		tile:     Q4TileBytes,
		pack:     packNibbles,
		unpack:   unpackNibbles,
	}
	// Errors have several minima: fewer or finer candidates win less.
	f.lead, f.tries = leads(f.base, 0.80, 1.25, 9), [2]int{5, 7}
	return f.init()
}

// packNibbles joins vectors of codes in pairs, eight bytes at a time.
func packNibbles(tile []byte, code *asm.Panel) {
	src, dst := asBytes(code[:]), tile[foldedCodes:Q4TileBytes]
	for len(dst) >= 64 {
		for i := 0; i < 64; i += 8 {
			lo, hi := binary.LittleEndian.Uint64(src[i:]), binary.LittleEndian.Uint64(src[64+i:])
			binary.LittleEndian.PutUint64(dst[i:], lo&nibbles|hi&nibbles<<4)
		}
		src, dst = src[128:], dst[64:]
	}
}

func unpackNibbles(code *asm.Panel, tile []byte) {
	dst, src := asBytes(code[:]), tile[foldedCodes:Q4TileBytes]
	for len(src) >= 64 {
		for i := 0; i < 64; i += 8 {
			v := binary.LittleEndian.Uint64(src[i:])
			binary.LittleEndian.PutUint64(dst[i:], v&nibbles)
			binary.LittleEndian.PutUint64(dst[64+i:], v>>4&nibbles)
		}
		src, dst = src[64:], dst[128:]
	}
}

const nibbles = 0x0f0f0f0f0f0f0f0f
