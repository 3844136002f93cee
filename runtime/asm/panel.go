package asm

// Geometry of a panel: 16 rows × 256 columns of int8, in vectors of 16 rows × 4
// columns (byte 4r+c), and one scale per row for each half of 128 columns.
const (
	PanelRows   = 16
	PanelCols   = 256
	PanelGroup  = 128
	panelGroups = PanelCols / PanelGroup
	PanelBytes  = PanelRows * PanelCols
	PanelScales = panelGroups * PanelRows
)

// Panel adds the product of a decoded int8 panel with n rows of int8
// activations to out. For row t of the activations and row r of the panel, for
// each half g in ascending order:
//
//	out[t·ldo + r] += float32(float32(Σ w[r][k]·a[t·lda + k]) · d[g][r]) · s[t·lds + g]
//
// The sums over k are exact in int32; every float32 operation rounds.
//
//	w    [PanelBytes] int8, the panel
//	d    [PanelScales] float32, [g][r]
//	a    rows of activations, lda apart, 256 columns each
//	s    their scales, lds apart, 2 each
func Panel(out []float32, ldo int, w []int8, d []float32, a []int8, lda int, s []float32, lds int, n int) {
	if n == 0 {
		return
	}
	if len(w) < PanelBytes || len(d) < PanelScales {
		panic("asm: panel: short panel")
	}
	if len(a) < (n-1)*lda+PanelCols || len(s) < (n-1)*lds+panelGroups {
		panic("asm: panel: short activations")
	}
	if len(out) < (n-1)*ldo+PanelRows {
		panic("asm: panel: short output")
	}
	panelGeneric(out, ldo, w, d, a, lda, s, lds, n)
}

// panelGeneric keeps the sums of rows r and r+8 in one 64-bit register as
// low + 2³²·high, which is exact: each sum has at most 22 bits and a sign.
func panelGeneric(out []float32, ldo int, w []int8, d []float32, a []int8, lda int, s []float32, lds int, n int) {
	var pair [PanelRows / 2][PanelCols]int64 // row r in the low half, row r+8 in the high half
	for r := range PanelRows / 2 {
		for k := range PanelCols {
			at := k/4*64 + 4*r + k%4
			pair[r][k] = int64(w[at]) + int64(w[at+32])<<32
		}
	}
	var wide [PanelCols]int64
	for t := range n {
		for k, v := range a[t*lda : t*lda+PanelCols] {
			wide[k] = int64(v)
		}
		o := out[t*ldo : t*ldo+PanelRows]
		for g := range panelGroups {
			x := wide[g*PanelGroup : (g+1)*PanelGroup]
			scale := s[t*lds+g]
			for r := 0; r < PanelRows/2; r += 2 {
				p := pair[r][g*PanelGroup : (g+1)*PanelGroup][:len(x)]
				q := pair[r+1][g*PanelGroup : (g+1)*PanelGroup][:len(x)]
				var u, v int64
				for k, y := range x {
					u += p[k] * y
					v += q[k] * y
				}
				add(o, d[g*PanelRows:], r, u, scale)
				add(o, d[g*PanelRows:], r+1, v, scale)
			}
		}
	}
}

// add splits a pair of sums and scales each into its output.
func add(out, d []float32, r int, pair int64, scale float32) {
	low := int32(pair)
	high := int32((pair - int64(low)) >> 32)
	t := float32(low) * d[r]
	u := float32(high) * d[r+8]
	out[r] += float32(float32(t) * scale)
	out[r+8] += float32(float32(u) * scale)
}
