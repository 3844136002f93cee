package asm

// The number of activation rows that one pass of a product kernel takes.
// Twelve rows by two vectors of weights fill the 32 registers of AVX-512 and of
// NEON; what is left of a batch goes in eights, fours and ones.
var widths = [...]int{12, 8, 4, 1}

// GroupCols is how many columns share a scale.
const GroupCols = 128

// Acts are rows of int8 activations (a8) packed for the product kernels: a
// float32 scale per row and 128 columns, x ≈ scale·q. A superblock of 256 columns
// stands together, since a strip meets all its rows before the next. In it, rows
// stand in slivers of 12 and, at the end, 8, 4 or 1; in a sliver of m rows, 4
// consecutive columns of each row (8 where a tier says so), [64][m][4]. A sliver
// is what GotoBLAS calls so: rows of one operand as the innermost kernel takes
// them.
type Acts struct {
	rows, cols int       // cols is padded to a multiple of 256
	q          []int8    // [cols/256][sliver]…
	scale      []float32 // [cols/256][sliver][2][m]
	comp       []int32   // −128·Σ q, as scale: what an offset of 128 on the weights adds
	slivers    []sliver
	runs       []run
}

// sliver is m rows from the first on.
type sliver struct{ first, m int }

// run is slivers of one width, one after the other: what one call of a product
// kernel takes.
type run struct {
	sliver         // the first of them
	width, slivers int
}

// Reset sizes a for rows of cols columns. The contents are undefined.
func (a *Acts) Reset(rows, cols int) {
	a.cols = (cols + PanelCols - 1) / PanelCols * PanelCols
	a.q = sized(a.q, rows*a.cols)
	a.scale = sized(a.scale, rows*a.cols/GroupCols)
	a.comp = sized(a.comp, len(a.scale))
	if rows == a.rows {
		return
	}
	a.rows, a.slivers, a.runs = rows, a.slivers[:0], a.runs[:0]
	for first, width := 0, 0; width < len(widths); width++ {
		m := widths[width]
		n := (rows - first) / m
		if n > 0 {
			a.runs = append(a.runs, run{sliver{first, m}, width, n})
		}
		for range n {
			a.slivers = append(a.slivers, sliver{first, m})
			first += m
		}
	}
}

// Slivers is the number of slivers; they may be filled concurrently.
func (a *Acts) Slivers() int { return len(a.slivers) }

// Fill quantizes the rows of sliver i from x, [rows][cols] with cols as given to
// Reset. In each group of 128 columns, scale = max|x|/127 and q is the integer
// nearest to x·(127/max|x|), ties to even. A group that holds NaN or ∞ has a scale
// of NaN and any q, so that all products with its row are NaN.
func (a *Acts) Fill(i int, x []float32, cols int) {
	k, at := active.ints, a.slivers[i]
	var pad []float32 // of the last superblock, where the columns do not fill it
	if cols != a.cols {
		pad = make([]float32, PanelCols)
	}
	for s := range a.cols / PanelCols {
		q, scale := a.at(s, at)
		for t := range at.m {
			part := x[(at.first+t)*cols+s*PanelCols : (at.first+t+1)*cols]
			if len(part) < PanelCols {
				copy(pad, part)
				part = pad
			}
			k.quantize(&a.q[q+t*k.step], &a.scale[scale+t], &a.comp[scale+t], &part[0], halves, at.m)
		}
	}
}

// at is where a sliver's values and scales of superblock s begin.
func (a *Acts) at(s int, v sliver) (q, scale int) {
	row := s*a.rows + v.first
	return row * PanelCols, row * halves
}

func sized[T any](b []T, n int) []T {
	if cap(b) < n {
		return make([]T, n)
	}
	return b[:n]
}
