package asm

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// genericSearch is the definition of the kernels of an encoder's search.
var genericSearch = searchKernels{
	readColumns:     readColumnsGeneric,
	readColumnsBF16: readColumnsBF16Generic,
	errors:          errorsGeneric,
	q8:              searchQ8Generic,
	table:           genericGrid,
	binned:          genericGrid,
	uniform:         genericGrid,
}

var genericGrid = gridKernels{free: freeGeneric, scale: scaleGeneric, fit: fitGeneric, codes: codesGeneric}

// negligible is the magnitude below which a group of weights encodes as zeros:
// the reciprocals of smaller scales leave float32's range.
const negligible = 1e-34

// magic has an ulp of 1: adding it rounds a float32 of magnitude below 2²² to an
// integer, ties to even, which the low bits of the sum hold.
const magic = 3 << 22

func roundEven(t float32) int32 {
	return int32(math.Float32bits(float32(t+magic)) - math.Float32bits(magic))
}

func readColumnsGeneric(dst, src *float32, stride int) uint32 {
	d := (*Columns)(unsafe.Pointer(dst))
	most := uint32(0)
	for r := range PanelRows {
		for k, v := range unsafe.Slice(src, r*stride+PanelCols)[r*stride:] {
			d[k][r] = v
			most = max(most, math.Float32bits(v)&0x7fffffff)
		}
	}
	return most
}

func readColumnsBF16Generic(dst *float32, src *byte, stride int) uint32 {
	d := (*Columns)(unsafe.Pointer(dst))
	most := uint32(0)
	for r := range PanelRows {
		row := unsafe.Slice(src, 2*(r*stride+PanelCols))[2*r*stride:]
		for k := range d {
			b := uint32(binary.LittleEndian.Uint16(row[2*k:])) << 16
			d[k][r] = math.Float32frombits(b)
			most = max(most, b&0x7fffffff)
		}
	}
	return most
}

func errorsGeneric(sums *float64, x *float32, w *int8, d *float32, vectors int) {
	e := (*ErrorSums)(unsafe.Pointer(sums))
	xs, ws := (*Columns)(unsafe.Pointer(x)), (*Panel)(unsafe.Pointer(w))
	ds := (*[halves]Lanes)(unsafe.Pointer(d))
	for k := range 4 * vectors {
		scale, at := &ds[k/GroupCols], k/4*64+k%4
		for r, v := range xs[k] {
			y := float32(scale[r] * float32(ws[at+4*r]))
			diff := float64(v) - float64(y)
			e.Signal[r] += float64(float64(v) * float64(v))
			e.Noise[r] += float64(diff * diff)
			e.Most[r] = max(e.Most[r], math.Abs(diff))
		}
	}
}

// row gathers one row of columns and its greatest magnitude.
func row(dst []float32, x *float32, r int) float32 {
	xs := unsafe.Slice(x, len(dst)*PanelRows)[r:]
	most := uint32(0)
	for k := range dst {
		v := xs[k*PanelRows]
		dst[k] = v
		most = max(most, math.Float32bits(v)&0x7fffffff)
	}
	return math.Float32frombits(most)
}

const q8Candidates = 12

func searchQ8Generic(w *int8, d, x, imp *float32) {
	const limit = 127
	ws, ds := unsafe.Slice(w, PanelRows*GroupCols), (*Lanes)(unsafe.Pointer(d))
	is := (*[GroupCols]float32)(unsafe.Pointer(imp))
	var xs [GroupCols]float32
	for r := range PanelRows {
		most := row(xs[:], x, r)
		best, bestErr, inv := float32(0), float32(math.Inf(1)), float32(0)
		if most >= negligible {
			b := math.Float32bits(most / limit)
			top := (b + 0x7fff + b>>16&1) &^ 0xffff
			unit := 1 / math.Float32frombits(top)
			best = math.Float32frombits(top + 1<<16)
			for i := range uint32(q8Candidates) {
				c := math.Float32frombits(top + (1-i)<<16)
				f, sum := 1/c, float32(0)
				for k, v := range xs {
					y := float32(v * f)
					e := y - float32(min(max(roundEven(y), -limit), limit))
					sum += float32(is[k] * float32(e*e))
				}
				g := float32(c * unit)
				if sum = float32(sum * float32(g*g)); sum < bestErr {
					best, bestErr = c, sum
				}
			}
			inv = 1 / best
		}
		ds[r] = best
		for k, v := range xs {
			ws[k/4*64+4*r+k%4] = int8(min(max(roundEven(float32(v*inv)), -limit), limit))
		}
	}
}

// bin is the bin of t in a table. A midpoint is a multiple of ½, so bins of that
// width decide; the sum that gives the bin is rounded, and the midpoint is what
// its result is compared with.
func bin(t float32) uint32 {
	i := int32(float32(t+bias) * 2)
	if uint32(i) > 255 {
		i = min(max(i, 0), 255)
	}
	return uint32(i)
}

// uniformIndex is the index of what is next to t in a uniform grid.
func uniformIndex(t float32, first, last int32) uint32 {
	i := roundEven(t) - first
	if uint32(i) > uint32(last) {
		i = min(max(i, 0), last)
	}
	return uint32(i)
}

// next is the index of the value next to t.
func (g *Grid) next(t float32) uint32 {
	if g.uniform {
		return uniformIndex(t, g.first, g.last)
	}
	return uint32(g.bins[bin(t)])
}

// factor turns x into the units of the values under sub-scale s.
func (g *Grid) factor(s, inv float32) float32 {
	if s == 0 {
		return 0
	}
	return inv * float32(g.unit/s)
}

func freeGeneric(want, x, imp *float32, g *Grid) {
	ws, is := (*Lanes)(unsafe.Pointer(want)), (*[BlockCols]float32)(unsafe.Pointer(imp))
	var xs [BlockCols]float32
	for r := range PanelRows {
		most := row(xs[:], x, r)
		if ws[r] = 0; !(most >= negligible) {
			continue
		}
		best, bestErr := g.lead[0].value/most, float32(math.Inf(1))
		for i := 0; i < g.leads; i += 2 {
			pair := [2]lead{g.lead[i], g.lead[min(i+1, g.leads-1)]}
			f := [2]float32{pair[0].value / most, pair[1].value / most}
			var sum [2]float32
			sum[0], sum[1] = g.freeErrors(xs[:], is[:], f[0], f[1])
			for j, e := range sum {
				if e = float32(e * pair[j].weight); e < bestErr {
					best, bestErr = f[j], e
				}
			}
		}
		var xv, vv float32
		for k, v := range xs {
			c := float32(g.values[g.next(float32(v*best))])
			xv += float32(is[k] * float32(v*c))
			vv += float32(is[k] * float32(c*c))
		}
		fit := xv / vv
		if q := float32(fit * best); q > 0.5 && q < 2 {
			ws[r] = fit
		} else {
			ws[r] = 1 / best
		}
	}
}

// freeErrors is the errors of two factors: their sums wait for one another less
// than each for itself.
func (g *Grid) freeErrors(xs, is []float32, f, f2 float32) (sum, sum2 float32) {
	is = is[:len(xs)]
	if g.uniform {
		first, last := g.first, g.last
		for k, v := range xs {
			t, t2 := float32(v*f), float32(v*f2)
			e := t - float32(int32(uniformIndex(t, first, last))+first)
			e2 := t2 - float32(int32(uniformIndex(t2, first, last))+first)
			sum += float32(is[k] * float32(e*e))
			sum2 += float32(is[k] * float32(e2*e2))
		}
		return sum, sum2
	}
	near := &g.near
	for k, v := range xs {
		t, t2 := float32(v*f), float32(v*f2)
		e, e2 := t-near[bin(t)&255], t2-near[bin(t2)&255]
		sum += float32(is[k] * float32(e*e))
		sum2 += float32(is[k] * float32(e2*e2))
	}
	return sum, sum2
}

// nearby are the sub-scales tried around the first.
var nearby = [...]float32{0, -1, 1, -2, 2, -3, 3}

func scaleGeneric(s, sum, x, imp, want, inv *float32, g *Grid, tries int) {
	const limit = 127
	ss, sums, is := (*Lanes)(unsafe.Pointer(s)), (*Lanes)(unsafe.Pointer(sum)), (*[BlockCols]float32)(unsafe.Pointer(imp))
	ws, invs := (*Lanes)(unsafe.Pointer(want)), (*Lanes)(unsafe.Pointer(inv))
	var xs [BlockCols]float32
	for r := range PanelRows {
		row(xs[:], x, r)
		first := float32(min(max(roundEven(float32(ws[r]*float32(g.unit*invs[r]))), -limit), limit))
		bestErr := float32(math.Inf(1))
		ss[r] = first
		for i := 0; i < tries; i += 2 {
			var c, sum [2]float32
			for j := range c {
				c[j] = min(max(first+nearby[min(i+j, tries-1)], -limit), limit)
			}
			sum[0], sum[1] = g.scaleErrors(xs[:], is[:], c[0], c[1], invs[r])
			for j, e := range sum {
				if e < bestErr {
					ss[r], bestErr = c[j], e
				}
			}
		}
		sums[r] += bestErr
	}
}

func (g *Grid) scaleErrors(xs, is []float32, s, s2, inv float32) (sum, sum2 float32) {
	is = is[:len(xs)]
	f, f2 := g.factor(s, inv), g.factor(s2, inv)
	folded, folded2 := &g.folded[int32(s)+127], &g.folded[int32(s2)+127]
	if g.uniform {
		first, last := g.first, g.last
		for k, v := range xs {
			y := float32(v * inv)
			e := y - folded[uniformIndex(float32(v*f), first, last)&63]
			e2 := y - folded2[uniformIndex(float32(v*f2), first, last)&63]
			sum += float32(is[k] * float32(e*e))
			sum2 += float32(is[k] * float32(e2*e2))
		}
		return sum, sum2
	}
	bins := &g.bins
	for k, v := range xs {
		y := float32(v * inv)
		e := y - folded[bins[bin(float32(v*f))&255]&63]
		e2 := y - folded2[bins[bin(float32(v*f2))&255]&63]
		sum += float32(is[k] * float32(e*e))
		sum2 += float32(is[k] * float32(e2*e2))
	}
	return sum, sum2
}

func fitGeneric(sums, x, imp, s, inv *float32, g *Grid) {
	out, is := (*[2]Lanes)(unsafe.Pointer(sums)), (*[BlockCols]float32)(unsafe.Pointer(imp))
	ss, invs := (*Lanes)(unsafe.Pointer(s)), (*Lanes)(unsafe.Pointer(inv))
	var xs [BlockCols]float32
	for r := range PanelRows {
		row(xs[:], x, r)
		f, folded := g.factor(ss[r], invs[r]), &g.folded[int32(ss[r])+127]
		xv, vv := out[0][r], out[1][r]
		for k, v := range xs {
			n := folded[g.next(float32(v*f))&63]
			xv += float32(is[k] * float32(v*n))
			vv += float32(is[k] * float32(n*n))
		}
		out[0][r], out[1][r] = xv, vv
	}
}

func codesGeneric(code, w *int8, x, s, inv *float32, g *Grid) {
	const n = PanelRows * BlockCols
	codes, ws := unsafe.Slice(code, n), unsafe.Slice(w, n)
	ss, invs := (*Lanes)(unsafe.Pointer(s)), (*Lanes)(unsafe.Pointer(inv))
	var xs [BlockCols]float32
	for r := range PanelRows {
		row(xs[:], x, r)
		f, st, si := g.factor(ss[r], invs[r]), ss[r]*g.step, int32(ss[r])
		folded := &g.folded[si+127]
		up := int32(1) // towards greater values
		if si < 0 {
			up = -1
		}
		for k, v := range xs {
			// Without branches: which way they go is a matter of chance.
			y := float32(v * invs[r])
			q := int32(g.next(float32(v * f)))
			c := g.values[q]
			p := q - up + 2*up*bit(y >= float32(float32(c)*st))
			p = min(max(p, 0), g.last)
			n, m := int32(folded[q&63]), int32(folded[p&63])
			stay := bit(y >= float32(n+m)*0.5) ^ bit(m > n)
			q, n = p+(q-p)*stay, m+(n-m)*stay
			at := k/4*64 + 4*r + k%4
			codes[at], ws[at] = int8(q), int8(n)
		}
	}
}

func bit(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
