package asm

// Tiles are those of a strip: of rows 0–15 and 16–31, one superblock after the
// other. Without lower ones those rows are zeros.
type Tiles struct{ Upper, Lower []byte }

// from is what stands at a superblock.
func (t Tiles) from(sb, tile int) (at [2]*byte) {
	return [2]*byte{&t.Upper[sb*tile], &t.Lower[sb*tile]}
}

// ahead is what stands at a superblock, of these tiles or of those that follow;
// the beginning, which is at hand, if neither reaches there.
func (t Tiles) ahead(next Tiles, sb, tile int) (at [2]*byte) {
	for i, x := range [2][2][]byte{{t.Upper, next.Upper}, {t.Lower, next.Lower}} {
		switch k := sb * tile; {
		case k < len(x[0]):
			at[i] = &x[0][k]
		case k-len(x[0]) < len(x[1]):
			at[i] = &x[1][k-len(x[0])]
		default:
			at[i] = &x[0][0]
		}
	}
	return at
}

// productDecoding multiplies a superblock with the first slivers, and says how
// many. Meanwhile it decodes the tiles of the next superblock to later and asks
// for those ahead.
//
// One sliver decodes. Asking for everything at the same time would occupy the
// first cache's buffers for misses (up to 3 % of a product of 96 rows), so that
// the slivers after it ask, if there are enough.
func (s *decoded) productDecoding(out []float32, e Encoding, a *Acts, sb int, later *decoded, tiles, ahead [2]*byte, codebook *[16]int8) (slivers int) {
	r, asking, asked := a.runs[0], a.asking(e), ahead
	if asking > 0 {
		asked = tiles // at hand
	}
	q, scale := a.at(sb, r.sliver)
	active.ints.decodingProduct[e][r.width](&out[0], &s.w[0], &s.d[0][0][0], &a.q[q], &a.scale[scale], &a.comp[scale],
		&later.w[0], &later.d[0][0][0], tiles[0], tiles[1], asked[0], asked[1], first(codebook))
	if asking > 0 {
		r.first = r.m
		q, scale = a.at(sb, r.sliver)
		active.ints.askingProduct(&out[r.first*StripRows], &s.w[0], &s.d[0][0][0], &a.q[q], &a.scale[scale], &a.comp[scale],
			asking, r.m*PanelCols, 4*r.m*halves, ahead[0], ahead[1])
	}
	return 1 + asking
}

// askedPerSliver is what an askingProduct asks for, of each tile.
const askedPerSliver = 1024

// asking is how many slivers ask for tiles; 0 if there are too few, or the tier has
// no such product.
func (a *Acts) asking(e Encoding) int {
	n := (e.TileBytes() + 64 + askedPerSliver - 1) / askedPerSliver // a tile may begin within a line
	if r := a.runs[0]; active.ints.askingProduct == nil || r.m != widths[0] || r.slivers <= n {
		return 0
	}
	return n
}
