package quant

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"llada/formats"
)

// Check reports the first bytes of t that no encoder writes, by row and tile: NaN or
// ±∞, a sub-scale or weight of −128, a row of padding with a scale. They decode to
// the same numbers everywhere, but not to a checkpoint's. It reads all of t, about as
// fast as its checksum.
func Check(t formats.Tensor) error {
	c, err := For(t.Info)
	if err != nil {
		return err
	}
	q, ok := c.(Quantized)
	if !ok {
		return checkPlain(t)
	}
	rows, cols := t.Rows(), t.Cols()
	if want := c.Size(rows, cols); int64(len(t.Data)) != want {
		return fmt.Errorf("%d bytes of %s for shape %v, want %d", len(t.Data), t.Encoding, t.Shape, want)
	}
	check := checkFolded
	if t.Encoding == formats.Q8 {
		check = checkQ8
	}
	tiles := ceil(cols, TileCols)
	for i, data := 0, t.Data; len(data) > 0; i, data = i+1, data[q.TileBytes():] {
		first := i / tiles * TileRows
		if row, what := check(data[:q.TileBytes()], rows-first); what != "" {
			return fmt.Errorf("row %d, tile %d: %s, which no encoder writes: convert the checkpoint again", first+row, i, what)
		}
	}
	return nil
}

const never = 0x80 // −128

// checkFolded looks at the scales of a q4 or q6 tile, whose first n rows are no
// padding; any codes are good.
func checkFolded(tile []byte, n int) (row int, what string) {
	if row, what = checkScales(tile[:foldedScales], n); what == "" {
		if i := bytes.IndexByte(tile[foldedScales:foldedCodes], never); i >= 0 {
			return i % TileRows, "a sub-scale of -128"
		}
	}
	return row, what
}

// checkQ8 looks at scales and weights.
func checkQ8(tile []byte, n int) (row int, what string) {
	const half = 2 * TileRows // bytes of its scales
	for g := range Groups {
		if row, what = checkScales(tile[g*half:(g+1)*half], n); what != "" {
			return row, what
		}
	}
	if i := bytes.IndexByte(tile[Groups*half:], never); i >= 0 {
		return i % 64 / 4, "a weight of -128"
	}
	return 0, ""
}

// checkScales looks at the scales of 16 rows.
func checkScales(scales []byte, n int) (row int, what string) {
	for r := range TileRows {
		switch bits := binary.LittleEndian.Uint16(scales[2*r:]); {
		case bits&infBF16 == infBF16:
			return r, fmt.Sprintf("a scale of %v", formats.WidenBF16(bits))
		case r >= n && bits != 0:
			return r, fmt.Sprintf("a scale of %v in a row of padding", formats.WidenBF16(bits))
		}
	}
	return 0, ""
}

// The exponents of what is not finite, once and for all numbers of eight bytes:
// adding one to such an exponent carries into the sign, which is masked out.
const (
	infBF16 = 0x7f80
	infs16  = infBF16 * 0x0001_0001_0001_0001
	one16   = 0x0080 * 0x0001_0001_0001_0001
	sign16  = 0x8000 * 0x0001_0001_0001_0001
	infs32  = 0x7f80_0000 * 0x1_0000_0001
	one32   = 0x0080_0000 * 0x1_0000_0001
	sign32  = 0x8000_0000 * 0x1_0000_0001
)

// checkPlain looks for what is not finite, eight bytes at a time.
func checkPlain(t formats.Tensor) error {
	infs, one, sign := uint64(infs16), uint64(one16), uint64(sign16)
	if t.Encoding == formats.F32 {
		infs, one, sign = infs32, one32, sign32
	}
	data := t.Data
	for len(data) >= 8 && (binary.LittleEndian.Uint64(data)&infs+one)&sign == 0 {
		data = data[8:]
	}
	width := t.Encoding.ElementBytes()
	for at := len(t.Data) - len(data); at+width <= len(t.Data); at += width {
		var x [1]float32
		must(formats.DecodeFloat32(x[:], t.Data[at:at+width], t.Encoding))
		if x[0]-x[0] != 0 {
			i := at / width
			return fmt.Errorf("row %d, column %d: %v is not a weight: convert the checkpoint again", i/t.Cols(), i%t.Cols(), x[0])
		}
	}
	return nil
}
