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

// Product adds the product of a strip with rows of activations, over superblock
// s of their columns, to out, [rows][32]. For row t and output r, for each half
// g of the superblock in ascending order:
//
//	out[t][r] = fma(float32(float32(Σ w8[r][k]·q[t][k]) · d[r][g]), scale[t][g], out[t][r])
//
// The sums over 128 columns are exact; fma rounds once.
func Product(out []float32, strip *Strip, a *Acts, s int) {
	if len(out) < a.rows*StripRows {
		panic("asm: product: short output")
	}
	if (s+1)*PanelCols > a.cols {
		panic("asm: product: no such superblock")
	}
	product := &active.ints.product
	if strip.wide && active.ints.productWide[0] != nil {
		product = &active.ints.productWide
	}
	for i := 0; i < len(a.panels); {
		p := a.panels[i]
		n := 1
		for i+n < len(a.panels) && a.panels[i+n].m == p.m {
			n++
		}
		q, scale := a.at(s, p)
		product[widthIndex(p.m)](&out[p.first*StripRows], &strip.w[0], &strip.d[0][0][0],
			&a.q[q], &a.scale[scale], &a.comp[scale], n, p.m*PanelCols, 4*p.m*halves)
		i += n
	}
}

func widthIndex(m int) int {
	for i, w := range widths {
		if w == m {
			return i
		}
	}
	panic("asm: product: no such width")
}
