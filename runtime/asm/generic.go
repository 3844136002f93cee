package asm

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// genericInts is the definition of the int8 kernels. Weights are int8 as they
// are, in vectors of 16 rows × 4 columns (byte 4r+c).
var genericInts = intKernels{
	step:     4,
	quantize: quantizeGeneric,
	decodeQ4: decodeQ4Generic,
	decodeQ6: decodeQ6Generic,
	decodeQ8: decodeQ8Generic,
	product: [len(widths)]productKernel{
		productGeneric(12), productGeneric(8), productGeneric(4), productGeneric(1),
	},
}

// tiny is the magnitude below which a group of activations becomes zeros: the
// reciprocals of smaller ones leave float32's range.
const tiny = 1e-34

func quantizeGeneric(q *int8, scale *float32, comp *int32, x *float32, groups, m int) {
	qs := unsafe.Slice(q, (groups*GroupCols-4)*m+4)
	ss, cs := unsafe.Slice(scale, (groups-1)*m+1), unsafe.Slice(comp, (groups-1)*m+1)
	xs := unsafe.Slice(x, groups*GroupCols)
	for g := range groups {
		group := xs[g*GroupCols : (g+1)*GroupCols]
		bits := uint32(0) // they order as magnitudes do, NaN above all
		for _, v := range group {
			bits = max(bits, math.Float32bits(v)&^(1<<31))
		}
		most, inv := math.Float32frombits(bits), float32(0)
		if ss[g*m] = 0; !(most < tiny) {
			ss[g*m] = most/127 + (most - most) // NaN if it is not finite
			inv = 127 / most
		}
		sum := int32(0)
		for k, v := range group {
			y := int8(math.RoundToEven(float64(float32(v * inv))))
			qs[(g*GroupCols+k)/4*4*m+k%4] = y
			sum += int32(y)
		}
		cs[g*m] = -128 * sum
	}
}

func bf16(b []byte) float32 {
	return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
}

// The layout of q4 and q6 tiles: bf16 D[16], int8 s[8][16], then codes.
const (
	tileScales = 32
	tileCodes  = tileScales + 8*PanelRows
)

// tileD widens a tile's row scales into both halves.
func tileD(d *float32, tile []byte) {
	ds := unsafe.Slice(d, halves*PanelRows)
	for r := range PanelRows {
		v := bf16(tile[2*r:])
		ds[r], ds[PanelRows+r] = v, v
	}
}

func decodeQ4Generic(w *byte, d *float32, tile *byte, codebook *int8) {
	ws, ts := unsafe.Slice(w, PanelBytes), unsafe.Slice(tile, Q4Tile)
	c := unsafe.Slice(codebook, 16)
	tileD(d, ts)
	for v := range PanelCols / 8 {
		s := ts[tileScales+v/4*PanelRows:][:PanelRows]
		for i, b := range ts[tileCodes+64*v:][:64] {
			f := int32(int8(s[i/4]))
			ws[128*v+i] = byte((int32(c[b&15])*f + 64) >> 7)
			ws[128*v+64+i] = byte((int32(c[b>>4])*f + 64) >> 7)
		}
	}
}

func decodeQ6Generic(w *byte, d *float32, tile *byte) {
	ws, ts := unsafe.Slice(w, PanelBytes), unsafe.Slice(tile, Q6Tile)
	tileD(d, ts)
	for v := range PanelCols / 8 {
		s := ts[tileScales+v/4*PanelRows:][:PanelRows]
		// The top two bits of vectors 2v and 2v+1 stand in bits 4(v%2) on. A sub-scale of
		// −128 counts as −127: with q = 0 it would leave int8.
		high := ts[Q4Tile+v/2*64:][:64]
		for i, b := range ts[tileCodes+64*v:][:64] {
			f, h := int32(max(int8(s[i/4]), -127)), high[i]>>(v%2*4)
			ws[128*v+i] = byte(((int32(b&15|h&3<<4)-32)*f + 16) >> 5)
			ws[128*v+64+i] = byte(((int32(b>>4|h>>2&3<<4)-32)*f + 16) >> 5)
		}
	}
}

func decodeQ8Generic(w *byte, d *float32, tile *byte) {
	ws, ts := unsafe.Slice(w, PanelBytes), unsafe.Slice(tile, Q8Tile)
	ds := unsafe.Slice(d, halves*PanelRows)
	for i := range ds {
		ds[i] = bf16(ts[2*i:])
	}
	copy(ws, ts[2*halves*PanelRows:])
}

// productGeneric keeps the sums of rows r and r+8 in one 64-bit register as
// low + 2³²·high, which is exact: each sum has at most 22 bits and a sign.
func productGeneric(m int) productKernel {
	return func(out *float32, w *byte, d *float32, q *int8, scale *float32, _ *int32, slivers, qStride, sStride int) {
		ws, ds := unsafe.Slice(w, 2*PanelBytes), unsafe.Slice(d, 2*halves*PanelRows)
		outs := unsafe.Slice(out, slivers*m*StripRows)
		qs := unsafe.Slice(q, (slivers-1)*qStride+PanelCols*m)
		ss := unsafe.Slice(scale, (slivers-1)*sStride/4+halves*m)
		var pair [PanelRows / 2][GroupCols]int64 // row r in the low half, row r+8 in the high half
		var x [GroupCols]int64
		for i := range 2 {
			for g := range halves {
				for r := range PanelRows / 2 {
					for k := range GroupCols {
						at := i*PanelBytes + (g*GroupCols+k)/4*64 + 4*r + k%4
						pair[r][k] = int64(int8(ws[at])) + int64(int8(ws[at+32]))<<32
					}
				}
				scales := ds[(i*halves+g)*PanelRows:][:PanelRows]
				for p := range slivers {
					for t := range m {
						for k := range x {
							x[k] = int64(qs[p*qStride+((g*GroupCols+k)/4*m+t)*4+k%4])
						}
						o := outs[(p*m+t)*StripRows+i*PanelRows:][:PanelRows]
						f := ss[p*sStride/4+g*m+t]
						for r := 0; r < PanelRows/2; r += 2 {
							var u, v int64
							pu, pv := &pair[r], &pair[r+1]
							for k, y := range x {
								u += pu[k] * y
								v += pv[k] * y
							}
							scalePair(o, scales, r, u, f)
							scalePair(o, scales, r+1, v, f)
						}
					}
				}
			}
		}
	}
}

// scalePair splits a pair of sums and adds each to its output.
func scalePair(out, d []float32, r int, pair int64, scale float32) {
	low := int32(pair)
	high := int32((pair - int64(low)) >> 32)
	out[r] = FMA(float32(float32(low)*d[r]), scale, out[r])
	out[r+8] = FMA(float32(float32(high)*d[r+8]), scale, out[r+8])
}
