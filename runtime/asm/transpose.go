package asm

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Transpose writes a strip of plain weights column by column: dst[k·32 + r] is word
// k, of 32 bits and little-endian, of row r. Rows are `stride` bytes apart.
func Transpose(dst []uint32, src []byte, stride, words int) {
	if len(dst) < words*StripRows {
		panic("asm: transpose: short output")
	}
	if stride < 0 || len(src) < (StripRows-1)*stride+4*words {
		panic("asm: transpose: short rows")
	}
	whole := words &^ 7
	if whole > 0 {
		active.float.transpose(&dst[0], &src[0], stride, whole)
	}
	for k := whole; k < words; k++ {
		for r := range StripRows {
			dst[k*StripRows+r] = binary.LittleEndian.Uint32(src[r*stride+4*k:])
		}
	}
}

// TransposeFloats is Transpose of float32.
func TransposeFloats(dst []float32, src []byte, stride, words int) {
	Transpose(unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(dst))), len(dst)), src, stride, words)
}

// Widen makes float32, [column][32], of a strip's pairs of bfloat16, [pair][32].
func Widen(dst []float32, pairs []uint32) {
	for len(pairs) > 0 {
		p, d := (*[StripRows]uint32)(pairs), (*[2 * StripRows]float32)(dst)
		for r, v := range p {
			d[r], d[r+StripRows] = math.Float32frombits(v<<16), math.Float32frombits(v&0xffff0000)
		}
		pairs, dst = pairs[StripRows:], dst[2*StripRows:]
	}
}

// transposeGeneric takes four rows at a time.
func transposeGeneric(dst *uint32, src *byte, stride, words int) {
	ds, rows := unsafe.Slice(dst, words*StripRows), unsafe.Slice(src, (StripRows-1)*stride+4*words)
	for r := 0; r < StripRows; r += 4 {
		r0, r1, r2, r3 := rows[r*stride:], rows[(r+1)*stride:], rows[(r+2)*stride:], rows[(r+3)*stride:]
		for k := range words {
			d := (*[4]uint32)(ds[k*StripRows+r:])
			d[0] = binary.LittleEndian.Uint32(r0[4*k:])
			d[1] = binary.LittleEndian.Uint32(r1[4*k:])
			d[2] = binary.LittleEndian.Uint32(r2[4*k:])
			d[3] = binary.LittleEndian.Uint32(r3[4*k:])
		}
	}
}
