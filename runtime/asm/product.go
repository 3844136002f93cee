package asm

// productKernel and decodingKernel are described at the fields that hold them.
type (
	productKernel  func(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int)
	decodingKernel func(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, nextW *byte, nextD *float32, upper, lower, upperAhead, lowerAhead *byte, codebook *int8)
)

// intKernels are the kernels of the int8 path. They share the order of packed
// activations and of decoded weights, so that a tier has all or none.
//
// Pointers are to the first element; the Go side has checked the lengths.
type intKernels struct {
	// step is how many columns of a row stand together in packed activations.
	step int
	// quantize packs `groups` groups of 128 columns of one row into a sliver of m:
	// q, scale and comp point at the row's first element in its sliver.
	quantize func(q *int8, scale *float32, comp *int32, x *float32, groups, m int)
	// decode… write a tile's weights to w[4096] and its scales to d[2][16].
	decodeQ4 func(w *byte, d *float32, tile *byte, codebook *int8)
	decodeQ6 func(w *byte, d *float32, tile *byte)
	decodeQ8 func(w *byte, d *float32, tile *byte)
	// product, for m = 12, 8, 4 and 1 (widths), multiplies one superblock of a
	// strip, decoded, with `slivers` slivers of m rows:
	//
	//	out   [m][32] float32 per sliver, slivers one after the other
	//	w, d  two panels, of the strip's upper 16 rows and of the lower
	//	q     [64][m][4] int8 of the superblock; the next sliver is qStride bytes on
	//	scale [2][m], comp [2][m]; the next sliver is sStride bytes on
	product [len(widths)]productKernel
	// decodingProduct, in a tier that has it for an encoding and m, multiplies with
	// one sliver and decodes the next superblock's two tiles to two more panels. It
	// asks for the two tiles ahead, which will be decoded later.
	decodingProduct [len(tileBytes)][len(widths)]decodingKernel
	// askingProduct, in a tier that has it, is the product for m = 12 that asks for
	// askedPerSliver bytes of each of two tiles meanwhile.
	askingProduct func(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, slivers, qStride, sStride int, upperAhead, lowerAhead *byte)
	// productWide, in a tier that has it, is the product for q6 and q8, whose
	// weights take the whole of int8.
	productWide [len(widths)]productKernel

	// probe runs n rounds of probeMACs multiply-adds from registers alone; nil
	// where there is none.
	probe     func(n int)
	probeMACs int
}

// Multiply adds the product of a strip of weights with rows of activations to
// out, [rows][32]. For activation row t and output r, for each group g of 128
// columns in ascending order:
//
//	out[t][r] = fma(float32(float32(Σ w8[r][k]·q[t][k]) · d[r][g]), scale[t][g], out[t][r])
//
// The sums over 128 columns are exact; fma rounds once. Each superblock is decoded
// and meets all rows before the next, which may be decoded meanwhile. next, if
// any, are tiles that will be multiplied soon after: the first of them are asked
// for. As soon as rows [first, first+rows) of out are final, done, if any, is
// called with them: what it waits for in memory passes while the next rows are
// computed.
func (d *Decoder) Multiply(out []float32, e Encoding, w, next Tiles, codebook *[16]int8, a *Acts, done func(first, rows int)) {
	supers, tile := a.cols/PanelCols, e.TileBytes()
	if len(out) < a.rows*StripRows {
		panic("asm: multiply: short output")
	}
	for _, t := range [2][]byte{w.Upper, w.Lower} {
		if t != nil && len(t) < supers*tile {
			panic("asm: multiply: short tiles")
		}
	}
	if a.rows == 0 {
		return
	}
	if w.Lower == nil {
		d[0].clear(1)
		d[1].clear(1)
	}
	both := w.Lower != nil && active.ints.decodingProduct[e][a.runs[0].width] != nil
	for sb := range supers {
		now, later := &d[sb%2], &d[(sb+1)%2]
		if sb == 0 || !both {
			now.decode(0, e, w.Upper[sb*tile:], codebook)
			if w.Lower != nil {
				now.decode(1, e, w.Lower[sb*tile:], codebook)
			}
		}
		switch {
		case sb == supers-1:
			now.product(out, e, a, sb, 0, done)
		case both:
			n := now.productDecoding(out, e, a, sb, later, w.from(sb+1, tile), w.ahead(next, sb+3, tile), codebook)
			now.product(out, e, a, sb, n, nil)
		default:
			now.product(out, e, a, sb, 0, nil)
		}
	}
}

// product multiplies a superblock with all slivers but the first `skip`, which
// have the same width, and calls done, if any, after each.
func (s *decoded) product(out []float32, e Encoding, a *Acts, sb, skip int, done func(first, rows int)) {
	product := &active.ints.product
	if e != Q4 && active.ints.productWide[0] != nil {
		product = &active.ints.productWide
	}
	for _, r := range a.runs {
		r.first += skip * r.m
		r.slivers -= skip
		skip = 0
		together := r.slivers
		if done != nil {
			together = 1
		}
		for ; r.slivers > 0; r.slivers -= together {
			q, scale := a.at(sb, r.sliver)
			product[r.width](&out[r.first*StripRows], &s.w[0], &s.d[0][0][0],
				&a.q[q], &a.scale[scale], &a.comp[scale], together, r.m*PanelCols, 4*r.m*halves)
			if done != nil {
				done(r.first, r.m)
			}
			r.first += together * r.m
		}
	}
}
