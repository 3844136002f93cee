package quant

import (
	"encoding/binary"
	"math"
)

// toBF16 rounds to the nearest bfloat16, ties to even. x is finite.
func toBF16(x float32) uint16 {
	b := math.Float32bits(x)
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

func fromBF16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

func roundBF16(x float32) float32 { return fromBF16(toBF16(x)) }

func putBF16(dst []byte, x float32) { binary.LittleEndian.PutUint16(dst, toBF16(x)) }

func getBF16(src []byte) float32 { return fromBF16(binary.LittleEndian.Uint16(src)) }
