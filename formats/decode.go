package formats

import (
	"encoding/binary"
	"fmt"
	"math"
)

// DecodeFloat32 widens the numbers of a plain encoding, exactly: every value of
// f16 and bf16 is a value of float32. src must hold len(dst) numbers.
func DecodeFloat32(dst []float32, src []byte, e Encoding) error {
	if err := checkPlain("decode", len(dst), len(src), e); err != nil {
		return err
	}
	switch e {
	case F32:
		decodeF32(dst, src)
	case F16:
		decodeF16(dst, src)
	case BF16:
		decodeBF16(dst, src)
	}
	return nil
}

// EncodeFloat32 is the inverse for f32 and bf16, the two encodings that are
// written. bf16 rounds to nearest, ties to even; what bf16 holds exactly, NaNs
// included, keeps its bits.
func EncodeFloat32(dst []byte, src []float32, e Encoding) error {
	if e == F16 {
		return fmt.Errorf("encode: %s is read only: write f32 or bf16", e)
	}
	if err := checkPlain("encode", len(src), len(dst), e); err != nil {
		return err
	}
	switch e {
	case F32:
		encodeF32(dst, src)
	case BF16:
		encodeBF16(dst, src)
	}
	return nil
}

func checkPlain(verb string, numbers, bytes int, e Encoding) error {
	width := e.ElementBytes()
	if width == 0 {
		return fmt.Errorf("%s: %q is not a plain encoding", verb, e)
	}
	if bytes%width != 0 || bytes/width != numbers {
		return fmt.Errorf("%s: %d numbers of %s need %d bytes, not %d", verb, numbers, e, numbers*width, bytes)
	}
	return nil
}

// The loops below take 8 bytes a turn and shorten both slices: the form in
// which the compiler proves every index in range.

func decodeF32(dst []float32, src []byte) {
	for len(dst) >= 2 && len(src) >= 8 {
		u := binary.LittleEndian.Uint64(src)
		dst[0] = math.Float32frombits(uint32(u))
		dst[1] = math.Float32frombits(uint32(u >> 32))
		dst, src = dst[2:], src[8:]
	}
	if len(dst) > 0 {
		dst[0] = math.Float32frombits(binary.LittleEndian.Uint32(src))
	}
}

func decodeBF16(dst []float32, src []byte) {
	for len(dst) >= 4 && len(src) >= 8 {
		u := binary.LittleEndian.Uint64(src)
		dst[0] = math.Float32frombits(uint32(u) << 16)
		dst[1] = math.Float32frombits(uint32(u) & 0xffff0000)
		dst[2] = math.Float32frombits(uint32(u>>32) << 16)
		dst[3] = math.Float32frombits(uint32(u>>32) & 0xffff0000)
		dst, src = dst[4:], src[8:]
	}
	for i := range dst {
		dst[i] = WidenBF16(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

func decodeF16(dst []float32, src []byte) {
	for len(dst) >= 4 && len(src) >= 8 {
		u := binary.LittleEndian.Uint64(src)
		dst[0] = fromF16(uint32(u & 0xffff))
		dst[1] = fromF16(uint32(u >> 16 & 0xffff))
		dst[2] = fromF16(uint32(u >> 32 & 0xffff))
		dst[3] = fromF16(uint32(u >> 48))
		dst, src = dst[4:], src[8:]
	}
	for i := range dst {
		dst[i] = fromF16(uint32(binary.LittleEndian.Uint16(src[2*i:])))
	}
}

// fromF16 widens the binary16 number in the low half of h. NaNs turn quiet and
// keep their payload.
func fromF16(h uint32) float32 {
	const (
		bias    = 127 - 15 // between the exponents of the two formats
		quiet   = 1 << 22
		special = 0xff << 23
	)
	sign, rest := h&0x8000<<16, h&0x7fff<<13
	switch exp := h >> 10 & 31; {
	case exp == 0: // subnormal: h counts steps of 2^-24, which float32 holds
		rest = math.Float32bits(float32(int32(h&0x3ff)) * 0x1p-24)
	case exp < 31:
		rest += bias << 23
	case h&0x3ff == 0:
		rest = special
	default:
		rest |= special | quiet
	}
	return math.Float32frombits(sign | rest)
}

func encodeF32(dst []byte, src []float32) {
	for len(src) >= 2 && len(dst) >= 8 {
		u := uint64(math.Float32bits(src[0])) | uint64(math.Float32bits(src[1]))<<32
		binary.LittleEndian.PutUint64(dst, u)
		dst, src = dst[8:], src[2:]
	}
	if len(src) > 0 {
		binary.LittleEndian.PutUint32(dst, math.Float32bits(src[0]))
	}
}

func encodeBF16(dst []byte, src []float32) {
	for len(src) >= 4 && len(dst) >= 8 {
		u := uint64(RoundBF16(src[0])) | uint64(RoundBF16(src[1]))<<16 |
			uint64(RoundBF16(src[2]))<<32 | uint64(RoundBF16(src[3]))<<48
		binary.LittleEndian.PutUint64(dst, u)
		dst, src = dst[8:], src[4:]
	}
	for i, x := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], RoundBF16(x))
	}
}

// RoundBF16 is the bfloat16 nearest to x, ties to even; what is too large
// becomes an infinity. What bf16 holds exactly, NaNs included, keeps its bits.
func RoundBF16(x float32) uint16 {
	u := math.Float32bits(x)
	if u&0x7fffffff > 0x7f800000 {
		if u>>16&0x7f == 0 {
			return uint16(u>>16) | 0x40 // cut short it would be an infinity
		}
		return uint16(u >> 16)
	}
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

// WidenBF16 is the number that a bfloat16 stands for.
func WidenBF16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }
