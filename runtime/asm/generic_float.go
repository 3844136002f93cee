package asm

import "unsafe"

var genericFloats = floatKernels{
	matmul: matMulGeneric,
}

func matMulGeneric(out *float32, ldo int, w *float32, ldw, cols int, a *float32, lda, n int) {
	outs, ws := unsafe.Slice(out, (n-1)*ldo+StripRows), unsafe.Slice(w, (cols-1)*ldw+StripRows)
	as := unsafe.Slice(a, (n-1)*lda+cols)
	t := 0
	for ; t+2 <= n; t += 2 {
		x := as[t*lda : t*lda+cols]
		y := as[(t+1)*lda : (t+1)*lda+cols][:len(x)]
		for r := 0; r < StripRows; r += 4 {
			var x0, x1, x2, x3, y0, y1, y2, y3 float32
			p := ws[r:]
			for k, xv := range x {
				q := (*[4]float32)(p[k*ldw:])
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
			add4(outs[t*ldo+r:], x0, x1, x2, x3)
			add4(outs[(t+1)*ldo+r:], y0, y1, y2, y3)
		}
	}
	if t < n {
		x := as[t*lda : t*lda+cols]
		for r := 0; r < StripRows; r += 4 {
			var x0, x1, x2, x3 float32
			p := ws[r:]
			for k, xv := range x {
				q := (*[4]float32)(p[k*ldw:])
				x0 += float32(q[0] * xv)
				x1 += float32(q[1] * xv)
				x2 += float32(q[2] * xv)
				x3 += float32(q[3] * xv)
			}
			add4(outs[t*ldo+r:], x0, x1, x2, x3)
		}
	}
}

func add4(out []float32, a, b, c, d float32) {
	o := (*[4]float32)(out)
	o[0] += a
	o[1] += b
	o[2] += c
	o[3] += d
}
