package asm

// The number of activation rows that one pass of a product kernel takes.
// Twelve rows by two vectors of weights fill the 32 registers of AVX-512 and of
// NEON; what is left of a batch goes in eights, fours and ones.
var widths = [...]int{12, 8, 4, 1}

// GroupCols is how many columns share a scale.
const GroupCols = 128

// Acts are rows of int8 activations (a8) packed for the product kernels: a
// float32 scale per row and 128 columns, x ≈ scale·q. Rows stand in panels of
// 12 and, at the end, 8, 4 or 1; in a panel of m rows, 4 consecutive columns of
// each row (8 where a tier says so) stand together, [cols/4][m][4].
type Acts struct {
	rows, cols int       // cols is padded to a multiple of 256
	q          []int8    // panel by panel
	scale      []float32 // [cols/128][m] of each panel
	comp       []int32   // −128·Σ q, as scale: what an offset of 128 on the weights adds
	panels     []panel
}

// panel is a run of rows.
type panel struct{ first, m int }

// Reset sizes a for rows of cols columns. The contents are undefined.
func (a *Acts) Reset(rows, cols int) {
	a.cols = (cols + PanelCols - 1) / PanelCols * PanelCols
	a.q = sized(a.q, rows*a.cols)
	a.scale = sized(a.scale, rows*a.cols/GroupCols)
	a.comp = sized(a.comp, len(a.scale))
	if rows == a.rows {
		return
	}
	a.rows, a.panels = rows, a.panels[:0]
	for first := 0; first < rows; {
		for _, m := range widths {
			if m <= rows-first {
				a.panels = append(a.panels, panel{first, m})
				first += m
				break
			}
		}
	}
}

// Panels is the number of panels; they may be filled concurrently.
func (a *Acts) Panels() int { return len(a.panels) }

// Fill quantizes the rows of panel p from x, [rows][cols] with cols as given to
// Reset. In each group of 128 columns, scale = max|x|/127 and q is the integer
// nearest to x·(127/max|x|), ties to even.
func (a *Acts) Fill(p int, x []float32, cols int) {
	groups := a.cols / GroupCols
	var pad []float32
	if cols != a.cols {
		pad = make([]float32, a.cols)
	}
	at := a.panels[p]
	q := a.q[at.first*a.cols : (at.first+at.m)*a.cols]
	scale := a.scale[at.first*groups : (at.first+at.m)*groups]
	comp := a.comp[at.first*groups : (at.first+at.m)*groups]
	k := active.ints
	for t := range at.m {
		row := x[(at.first+t)*cols : (at.first+t+1)*cols]
		if pad != nil {
			copy(pad, row)
			row = pad
		}
		k.quantize(&q[t*k.step], &scale[t], &comp[t], &row[0], groups, at.m)
	}
}

func sized[T any](b []T, n int) []T {
	if cap(b) < n {
		return make([]T, n)
	}
	return b[:n]
}
