package quant

import (
	"fmt"

	"llada/formats"
)

// Plain is f32 or bf16: row-major numbers, no tiles, no padding.
type Plain struct{ encoding formats.Encoding }

// Encoding is f32 or bf16.
func (p Plain) Encoding() formats.Encoding { return p.encoding }

// Size is the number of bytes of a rows × cols matrix.
func (p Plain) Size(rows, cols int) int64 {
	return int64(rows) * int64(cols) * int64(p.encoding.ElementBytes())
}

// EncodeGroup rounds n rows to the encoding, to nearest even.
func (p Plain) EncodeGroup(dst []byte, w []float32, n, cols int, _ []float32) {
	size := p.Size(n, cols)
	must(formats.EncodeFloat32(dst[:size], w[:n*cols], p.encoding))
}

// DecodeRow widens one row to float32, exactly.
func (p Plain) DecodeRow(dst []float32, data []byte, cols, row int) {
	size := cols * p.encoding.ElementBytes()
	must(formats.DecodeFloat32(dst[:cols], data[row*size:(row+1)*size], p.encoding))
}

// must turns a mismatch of lengths, which only a programmer can cause here,
// into a panic.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("quant: %v", err))
	}
}
