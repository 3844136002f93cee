package asm

// intKernels are the kernels of the int8 path. They share the order of packed
// activations and of decoded weights, so that a tier has all or none.
//
// Pointers are to the first element; the Go side has checked the lengths.
type intKernels struct {
	// step is how many columns of a row stand together in packed activations.
	step int
	// quantize packs `groups` groups of 128 columns of one row into a panel of m:
	// q, scale and comp point at the row's first element in its panel.
	quantize func(q *int8, scale *float32, comp *int32, x *float32, groups, m int)
	// decode… write a tile's weights to w[4096] and its scales to d[2][16].
	decodeQ4 func(w *byte, d *float32, tile *byte, codebook *int8)
	decodeQ6 func(w *byte, d *float32, tile *byte)
	decodeQ8 func(w *byte, d *float32, tile *byte)
	// product, for m = 12, 8, 4 and 1 (widths), multiplies a strip with `panels`
	// panels of m rows, over one superblock:
	//
	//	out   [m][32] float32 per panel, panels one after the other
	//	w, d  the strip
	//	q     [64][m][4] int8 of the superblock; the next panel is qStride bytes on
	//	scale [2][m], comp [2][m]; the next panel is sStride bytes on
	product [len(widths)]func(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, panels, qStride, sStride int)
	// productWide, in a tier that has it, is the product for q6 and q8, whose
	// weights take the whole of int8.
	productWide [len(widths)]func(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, panels, qStride, sStride int)

	// probe runs n rounds of probeMACs multiply-adds from registers alone; nil
	// where there is none.
	probe     func(n int)
	probeMACs int
}

// Multiply adds the product of 32 rows of weights with rows of activations to
// out, [rows][32]. upper and lower are the tiles of rows 0–15 and 16–31, one
// superblock after the other; nil stands for zeros. For activation row t and
// output r, for each group g of 128 columns in ascending order:
//
//	out[t][r] = fma(float32(float32(Σ w8[r][k]·q[t][k]) · d[r][g]), scale[t][g], out[t][r])
//
// The sums over 128 columns are exact; fma rounds once. s is scratch: each
// superblock is decoded into it and meets all rows before the next.
func (s *Strip) Multiply(out []float32, e Encoding, upper, lower []byte, codebook *[16]int8, a *Acts) {
	supers, tile := a.cols/PanelCols, e.TileBytes()
	if len(out) < a.rows*StripRows {
		panic("asm: multiply: short output")
	}
	for _, t := range [2][]byte{upper, lower} {
		if t != nil && len(t) < supers*tile {
			panic("asm: multiply: short tiles")
		}
	}
	if lower == nil {
		s.clear(1)
	}
	for sb := range supers {
		s.decode(0, e, upper[sb*tile:], codebook)
		if lower != nil {
			s.decode(1, e, lower[sb*tile:], codebook)
		}
		s.product(out, a, sb)
	}
}

// product is Multiply over one superblock, of a strip that is decoded.
func (s *Strip) product(out []float32, a *Acts, sb int) {
	product := &active.ints.product
	if s.wide && active.ints.productWide[0] != nil {
		product = &active.ints.productWide
	}
	for _, r := range a.runs {
		q, scale := a.at(sb, r.panel)
		product[r.width](&out[r.first*StripRows], &s.w[0], &s.d[0][0][0],
			&a.q[q], &a.scale[scale], &a.comp[scale], r.panels, r.m*PanelCols, 4*r.m*halves)
	}
}
