package quant

import "llada/runtime/asm"

// Acts holds rows of activations as int8 (a8): a float32 scale per row and 128
// columns, x ≈ Scale·Q. Columns are padded with zeros to a multiple of 256.
// 128 is a compromise that was measured: finer scales cost the matrix kernel
// more than they give in likelihood, coarser ones the reverse.
type Acts struct {
	Cols  int       // padded
	Q     []int8    // [rows][Cols], −127 to 127
	Scale []float32 // [rows][Cols/128]; NaN for what is not finite
}

// Reset sizes the buffers for rows of cols columns. Contents are undefined.
func (a *Acts) Reset(rows, cols int) {
	a.Cols = ceil(cols, TileCols) * TileCols
	a.Q = sized(a.Q, rows*a.Cols)
	a.Scale = sized(a.Scale, rows*a.Cols/GroupCols)
}

// Row is row i: its values and its scales.
func (a *Acts) Row(i int) ([]int8, []float32) {
	g := a.Cols / GroupCols
	return a.Q[i*a.Cols : (i+1)*a.Cols], a.Scale[i*g : (i+1)*g]
}

// SetRow quantizes x into row i: scale = max|x|/127, values rounded to the
// nearest integer, ties to even.
func (a *Acts) SetRow(i int, x []float32) {
	q, scale := a.Row(i)
	for g := range scale {
		lo := g * GroupCols
		hi := min(lo+GroupCols, len(x))
		clear(q[lo : lo+GroupCols])
		if lo >= hi {
			scale[g] = 0
			continue
		}
		scale[g] = Int8(q[lo:], x[lo:hi])
	}
}

// Int8 rounds x to q[:len(x)], integers of one scale, which it returns: x ≈ scale·q
// with scale = max|x|/127, ties to even. All is 0 where max|x| is below 1e-34. The
// scale is NaN where x holds NaN or ±∞, whatever q: what is computed with it stays
// NaN.
func Int8(q []int8, x []float32) (scale float32) {
	most := absMax(x)
	if finite := most-most == 0; !finite || most < tiny {
		clear(q[:len(x)])
		return most - most
	}
	inv := 127 / most
	for k, v := range x {
		q[k] = int8(roundClamp(float32(v*inv), 127))
	}
	return most / 127
}

// Dot is the product of row `row` of a quantized matrix with row i of a: the
// definition that every int8 matrix kernel must reproduce to the bit. The sum
// over 128 columns is exact in integers; then, in ascending order of columns,
// out = fma(float32(float32(sum)·D), scale, out), where fma rounds once.
func Dot(c Quantized, data []byte, row int, a *Acts, i int) float32 {
	var p Panel
	q, scale := a.Row(i)
	tiles, tb, r := a.Cols/TileCols, c.TileBytes(), row%TileRows
	base := row / TileRows * tiles
	out := float32(0)
	for s := range tiles {
		c.Panel(&p, data[(base+s)*tb:(base+s+1)*tb])
		for g := range Groups {
			sum := int32(0)
			for k := g * GroupCols; k < (g+1)*GroupCols; k++ {
				sum += int32(p.W[PanelIndex(r, k)]) * int32(q[s*TileCols+k])
			}
			t := float32(sum) * p.D[g*TileRows+r]
			out = asm.FMA(float32(t), scale[s*Groups+g], out)
		}
	}
	return out
}

func sized[T any](b []T, n int) []T {
	if cap(b) < n {
		return make([]T, n)
	}
	return b[:n]
}
