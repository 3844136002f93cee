package quant

import (
	"encoding/binary"

	"llada/formats"
)

func roundBF16(x float32) float32 { return formats.WidenBF16(formats.RoundBF16(x)) }

func putBF16(dst []byte, x float32) { binary.LittleEndian.PutUint16(dst, formats.RoundBF16(x)) }

func getBF16(src []byte) float32 { return formats.WidenBF16(binary.LittleEndian.Uint16(src)) }
