package quant

import (
	"encoding/binary"
	"sync"

	"llada/formats"
	"llada/runtime/asm"
)

// Q6TileBytes is the size of a q6 tile: bf16 D[16], int8 s[8][16], the low
// nibbles as in q4, then 16 vectors of high bits: vector w, byte 4r+c, bits
// 2j and 2j+1 are the top two bits of q[r][16w+4j+c]. 6.3125 bits per weight.
const Q6TileBytes = formats.Q6TileBytes

// newQ6 is the 6-bit encoding: w8 = ((q−32)·max(s, −127) + 16) >> 5.
var newQ6 = sync.OnceValue(func() *folded {
	base := make([]int8, 64)
	for q := range base {
		base[q] = int8(q - 32)
	}
	f := &folded{
		encoding: formats.Q6,
		base:     base,
		shift:    5,
		least:    -127, // (0−32)·−128 >> 5 is 128
		tile:     Q6TileBytes,
		pack:     packSix,
		unpack:   unpackSix,
	}
	f.lead, f.tries = leads(base, 0.92, 1.04, 7), [2]int{7, 7}
	return f.init()
})

func packSix(tile []byte, code *asm.Panel) {
	packNibbles(tile, code)
	src, dst := asBytes(code[:]), tile[Q4TileBytes:Q6TileBytes]
	for len(dst) >= 64 {
		for i := 0; i < 64; i += 8 {
			v := uint64(0)
			for j := range 4 {
				v |= binary.LittleEndian.Uint64(src[64*j+i:]) >> 4 & pairs << (2 * j)
			}
			binary.LittleEndian.PutUint64(dst[i:], v)
		}
		src, dst = src[256:], dst[64:]
	}
}

func unpackSix(code *asm.Panel, tile []byte) {
	unpackNibbles(code, tile)
	dst, src := asBytes(code[:]), tile[Q4TileBytes:Q6TileBytes]
	for len(src) >= 64 {
		for i := 0; i < 64; i += 8 {
			v := binary.LittleEndian.Uint64(src[i:])
			for j := range 4 {
				lo := binary.LittleEndian.Uint64(dst[64*j+i:])
				binary.LittleEndian.PutUint64(dst[64*j+i:], lo|v>>(2*j)&pairs<<4)
			}
		}
		src, dst = src[64:], dst[256:]
	}
}

const pairs = 0x0303030303030303
