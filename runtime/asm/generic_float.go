package asm

import (
	"math"
	"slices"
	"unsafe"
)

// genericFloats is the definition of the float32 kernels.
var genericFloats = floatKernels{
	matmul:        matMulGeneric,
	matmulBF16:    matMulBF16Generic,
	transpose:     transposeGeneric,
	addOutputs:    wholeGeneric(addRows),
	copyOutputs:   wholeGeneric(copyRows),
	streamOutputs: wholeGeneric(copyRows),
	dot:           dotGeneric,
	rmsnorm:       rmsNormGeneric,
	silu:          siluGeneric,
	softmax:       softmaxGeneric,
	rotate:        rotateGeneric,
	sumExp:        sumExpGeneric,
	argMax:        argMaxGeneric,
	above:         aboveGeneric,
}

// lanes is the number of partial sums of a reduction: element i goes to lane
// i mod 16, and lanes are folded in halves (8, 4, 2, 1). It is the order of a
// 512-bit register, of two of 256 bits or of four of 128.
const lanes = 16

func fold[T float32 | float64](s *[lanes]T) T {
	for h := lanes / 2; h > 0; h /= 2 {
		for i := range h {
			s[i] += s[i+h]
		}
	}
	return s[0]
}

func dotGeneric(x, y *float32, n int) float32 {
	xs, ys := unsafe.Slice(x, n), unsafe.Slice(y, n)
	var s [lanes]float32
	for len(xs) >= lanes {
		u, v := (*[lanes]float32)(xs), (*[lanes]float32)(ys)
		for i := range s {
			s[i] += float32(u[i] * v[i])
		}
		xs, ys = xs[lanes:], ys[lanes:]
	}
	for i := range xs {
		s[i] += float32(xs[i] * ys[i])
	}
	return fold(&s)
}

func rmsNormGeneric(dst, x, w *float32, n int, r float32) {
	ds, ws := unsafe.Slice(dst, n), unsafe.Slice(w, n)
	for i, v := range unsafe.Slice(x, n) {
		ds[i] = float32(v*r) * ws[i]
	}
}

func siluGeneric(dst, gate, up *float32, n int) {
	ds, us := unsafe.Slice(dst, n), unsafe.Slice(up, n)
	for i, g := range unsafe.Slice(gate, n) {
		ds[i] = float32(g/(1+exp(-g))) * us[i]
	}
}

func softmaxGeneric(x *float32, n int, scale float32) {
	xs := unsafe.Slice(x, n)
	most := float32(math.Inf(-1))
	for _, v := range xs {
		if s := v * scale; s > most {
			most = s
		}
	}
	var sum [lanes]float32
	for i, v := range xs {
		e := exp(float32(v*scale) - most)
		xs[i] = e
		sum[i%lanes] += e
	}
	f := 1 / fold(&sum)
	for i := range xs {
		xs[i] *= f
	}
}

func rotateGeneric(x, cos, sin *float32, n int) {
	xs := unsafe.Slice(x, 2*n)
	cs, ss := unsafe.Slice(cos, n), unsafe.Slice(sin, n)
	for j, c := range cs {
		a, b := xs[j], xs[j+n]
		xs[j] = float32(a*c) - float32(b*ss[j])
		xs[j+n] = float32(b*c) + float32(a*ss[j])
	}
}

func sumExpGeneric(x *float32, n int, most float32) float64 {
	var sum [lanes]float64
	for i, v := range unsafe.Slice(x, n) {
		sum[i%lanes] += float64(exp(v - most))
	}
	return fold(&sum)
}

func argMaxGeneric(x *float32, n int) int {
	xs := unsafe.Slice(x, n)
	most := float32(math.Inf(-1))
	for _, v := range xs {
		if v > most {
			most = v
		}
	}
	return max(slices.Index(xs, most), 0)
}

func aboveGeneric(ids *int32, x *float32, n int, t float32) int {
	found, is := 0, unsafe.Slice(ids, n)
	for i, v := range unsafe.Slice(x, n) {
		if v > t {
			is[found] = int32(i)
			found++
		}
	}
	return found
}

func matMulGeneric(out *float32, ldo int, w *float32, ldw, cols int, a *float32, lda, n int) {
	outs, ws := unsafe.Slice(out, (n-1)*ldo+StripRows), unsafe.Slice(w, (cols-1)*ldw+StripRows)
	as := unsafe.Slice(a, (n-1)*lda+cols)
	for t := range n {
		var sums [StripRows]float32
		for k, v := range as[t*lda : t*lda+cols] {
			fmaColumn(&sums, (*[StripRows]float32)(ws[k*ldw:]), v, 0, FMA)
		}
		for r, s := range sums {
			outs[t*ldo+r] += s
		}
	}
}

// fmaColumn is sums[i] = fma(w[i], x, sums[i]) from r on, fma being FMA or
// fmaFlush. A doubtful sum ends the loop, so that the loop calls nothing and
// keeps its numbers in registers.
func fmaColumn(sums, w *[StripRows]float32, x float32, r int, fma func(a, b, c float32) float32) {
	y := float64(x)
	for ; r < StripRows; r += 4 {
		a, b := (*[4]float32)(sums[r:]), (*[4]float32)(w[r:])
		s0 := float64(b[0])*y + float64(a[0])
		s1 := float64(b[1])*y + float64(a[1])
		s2 := float64(b[2])*y + float64(a[2])
		s3 := float64(b[3])*y + float64(a[3])
		if doubtful(s0) || doubtful(s1) || doubtful(s2) || doubtful(s3) {
			for i := range a {
				a[i] = fma(b[i], x, a[i])
			}
			fmaColumn(sums, w, x, r+4, fma)
			return
		}
		a[0], a[1], a[2], a[3] = float32(s0), float32(s1), float32(s2), float32(s3)
	}
}
