package asm

// MatMulF32 adds the product of a float32 panel with n rows of activations to
// out. For row t of the activations and row r of the panel,
//
//	out[t·ldo + r] += Σ w[k·16 + r]·a[t·lda + k]    k = 0 … cols−1 in this order
//
// with the sum started at 0 and every operation rounded to float32.
//
//	w    [cols][16] float32, column by column
//	a    rows of activations, lda apart, cols columns each
func MatMulF32(out []float32, ldo int, w []float32, cols int, a []float32, lda int, n int) {
	if n == 0 {
		return
	}
	if len(w) < cols*PanelRows {
		panic("asm: matmul: short panel")
	}
	if len(a) < (n-1)*lda+cols {
		panic("asm: matmul: short activations")
	}
	if len(out) < (n-1)*ldo+PanelRows {
		panic("asm: matmul: short output")
	}
	matMulF32Generic(out, ldo, w, cols, a, lda, n)
}

func matMulF32Generic(out []float32, ldo int, w []float32, cols int, a []float32, lda int, n int) {
	t := 0
	for ; t+2 <= n; t += 2 {
		x := a[t*lda : t*lda+cols]
		y := a[(t+1)*lda : (t+1)*lda+cols][:len(x)]
		for r := 0; r < PanelRows; r += 4 {
			var x0, x1, x2, x3, y0, y1, y2, y3 float32
			p := w[r:]
			for k, xv := range x {
				q := (*[4]float32)(p[k*PanelRows:])
				yv := y[k]
				x0 += float32(q[0] * xv)
				x1 += float32(q[1] * xv)
				x2 += float32(q[2] * xv)
				x3 += float32(q[3] * xv)
				y0 += float32(q[0] * yv)
				y1 += float32(q[1] * yv)
				y2 += float32(q[2] * yv)
				y3 += float32(q[3] * yv)
			}
			o := (*[4]float32)(out[t*ldo+r:])
			o[0] += x0
			o[1] += x1
			o[2] += x2
			o[3] += x3
			o = (*[4]float32)(out[(t+1)*ldo+r:])
			o[0] += y0
			o[1] += y1
			o[2] += y2
			o[3] += y3
		}
	}
	if t < n {
		x := a[t*lda : t*lda+cols]
		for r := 0; r < PanelRows; r += 4 {
			var x0, x1, x2, x3 float32
			p := w[r:]
			for k, xv := range x {
				q := (*[4]float32)(p[k*PanelRows:])
				x0 += float32(q[0] * xv)
				x1 += float32(q[1] * xv)
				x2 += float32(q[2] * xv)
				x3 += float32(q[3] * xv)
			}
			o := (*[4]float32)(out[t*ldo+r:])
			o[0] += x0
			o[1] += x1
			o[2] += x2
			o[3] += x3
		}
	}
}
