package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// unitScales sets every row scale of a tile to 1.
func unitScales(e Encoding, tile []byte) {
	n := 16
	if e == Q8 {
		n = 32
	}
	for i := range n {
		tile[2*i], tile[2*i+1] = 0x80, 0x3f
	}
}

// TestDecodeAll sees every pair of a code and a sub-scale through a product with
// rows of one activation each.
func TestDecodeAll(t *testing.T) {
	var codebooks [][16]int8 // all values from −64 to 64
	for first := -64; first <= 64; first += 16 {
		var c [16]int8
		for i := range c {
			c[i] = int8(min(first+i, 64))
		}
		codebooks = append(codebooks, c)
	}
	x := make([]float32, 256*256)
	for k := range 256 {
		x[257*k] = 127
	}
	for e, name := range encodingNames {
		e := Encoding(e)
		all(t, "decode/"+name, func(t *testing.T) {
			var a Acts
			a.Reset(256, 256)
			for i := range a.Slivers() {
				a.Fill(i, x, 256)
			}
			rng := rand.New(rand.NewPCG(3, 3))
			books := codebooks
			if e != Q4 {
				books = books[:1]
			}
			for _, codebook := range books {
				for first := -128; first <= 127; first += 128 {
					decodeAll(t, rng, e, &a, &codebook, first)
				}
			}
		})
	}
}

// decodeAll gives the 128 pairs of a row and a block sub-scales from `first` on,
// −128 among them, which is never written;
// each block has all 16 low nibbles in each row, or 32 of q6's codes.
func decodeAll(t *testing.T, rng *rand.Rand, e Encoding, a *Acts, codebook *[16]int8, first int) {
	var tiles [2][]byte
	out := make([]float32, 256*StripRows)
	var want [2][16][256]int8
	for i := range 2 {
		tile, _, _ := e.random(rng, codebook)
		unitScales(e, tile)
		code := func(k int) int { return k%32 + 32*i }
		for r := range 16 {
			for b := range 8 {
				if e != Q8 {
					tile[32+16*b+r] = byte(int8(min(first+16*b+r, 127)))
				}
			}
			for k := range 256 {
				switch e {
				case Q8:
					tile[64+k/4*64+4*r+k%4] = byte(k + r + i)
					want[i][r][k] = int8(k + r + i)
					continue
				}
				at, shift := 160+k/8*64+4*r+k%4, k/4%2*4
				tile[at] = tile[at]&^(15<<shift) | byte(code(k)&15<<shift)
				s := min(first+16*(k/32)+r, 127)
				if e == Q4 {
					want[i][r][k] = int8((int(codebook[code(k)&15])*s + 64) >> 7)
					continue
				}
				at, shift = 2208+k/16*64+4*r+k%4, 2*(k/4%4)
				tile[at] = tile[at]&^(3<<shift) | byte(code(k)>>4<<shift)
				want[i][r][k] = int8(((code(k)-32)*max(s, -127) + 16) >> 5)
			}
		}
		tiles[i] = tile
	}
	new(Decoder).Multiply(out, e, Tiles{tiles[0], tiles[1]}, Tiles{}, codebook, a, nil)
	for k := range 256 {
		for r := range StripRows {
			if got, want := out[k*StripRows+r], 127*float32(want[r/16][r%16][k]); got != want {
				t.Fatalf("first sub-scale %d, row %d, column %d: weight %v, want %v", first, r, k, got/127, want/127)
			}
		}
	}
}

// TestProductSaturation has every product of a sum at its bound, with one sign.
func TestProductSaturation(t *testing.T) {
	for e, name := range encodingNames {
		e := Encoding(e)
		all(t, "saturation/"+name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(5, 5))
			for _, s := range []byte{127, 0x81, 0x80} {
				for _, code := range []byte{0, 0xff, 0x80, 0x7f} { // of q8: −128 and 127 too
					for _, sign := range []float32{1, -1} {
						saturate(t, rng, e, s, code, sign)
					}
				}
			}
		})
	}
}

func saturate(t *testing.T, rng *rand.Rand, e Encoding, s, code byte, sign float32) {
	codebook := [16]int8{-64, 15: 64}
	tile, _, _ := e.random(rng, &codebook)
	for i := range tile {
		tile[i] = code
	}
	unitScales(e, tile)
	w := int(int8(code))
	if e != Q8 {
		for i := range 128 {
			tile[32+i] = s
		}
		w = (int(codebook[code&15])*int(int8(s)) + 64) >> 7
		if code == 0x80 || code == 0x7f {
			return // two codes in turn: not one weight
		}
	}
	if e == Q6 {
		w = ((int(code&63)-32)*max(int(int8(s)), -127) + 16) >> 5
	}
	const n = 25 // a sliver of each width
	x := make([]float32, n*256)
	for i := range x {
		x[i] = 127 * sign
	}
	var a Acts
	a.Reset(n, 256)
	for i := range a.Slivers() {
		a.Fill(i, x, 256)
	}
	out := make([]float32, n*StripRows)
	new(Decoder).Multiply(out, e, Tiles{tile, tile}, Tiles{}, &codebook, &a, nil)
	for i, got := range out {
		if want := float32(256 * 127 * w * int(sign)); got != want {
			t.Fatalf("%d times %v: output %d is %v, want %v", w, 127*sign, i, got, want)
		}
	}
}

// TestQuantizeEdges compares every tier's packing with the definition, at every width
// and at the edges of rounding.
func TestQuantizeEdges(t *testing.T) {
	all(t, "quantize", func(t *testing.T) {
		if active.ints.step != genericInts.step {
			t.Skip("another order of columns")
		}
		rng := rand.New(rand.NewPCG(11, 2))
		for _, cols := range []int{256, 1024} {
			for _, rows := range []int{1, 4, 8, 12, 25, 37} {
				x := random(rng, rows*cols, 0)
				for g := 0; g < len(x); g += 128 {
					edgeGroup(rng, g/128, x[g:g+128])
				}
				var a, b Acts
				a.Reset(rows, cols)
				b.Reset(rows, cols)
				for i := range a.Slivers() {
					a.Fill(i, x, cols)
				}
				kernels := *active.ints
				kernels.quantize = quantizeGeneric
				before := active.ints
				active.ints = &kernels
				for i := range b.Slivers() {
					b.Fill(i, x, cols)
				}
				active.ints = before
				sameBits(t, a.scale, b.scale)
				a.forget()
				b.forget()
				if fmt.Sprint(a.q) != fmt.Sprint(b.q) || fmt.Sprint(a.comp) != fmt.Sprint(b.comp) {
					t.Fatalf("%d rows, %d columns: other integers than the definition's", rows, cols)
				}
			}
		}
	})
}

// forget clears the integers of groups that are not finite, which may be any.
func (a *Acts) forget() {
	for s := range a.cols / PanelCols {
		for _, v := range a.slivers {
			q, scale := a.at(s, v)
			for i := range halves * v.m {
				if d := a.scale[scale+i]; d == d {
					continue
				}
				a.comp[scale+i] = 0
				for k := range GroupCols / 4 {
					clear(a.q[q+((i/v.m*GroupCols/4+k)*v.m+i%v.m)*4:][:4])
				}
			}
		}
	}
}

// edgeGroup makes a group of activations hard in one of several ways.
func edgeGroup(rng *rand.Rand, kind int, x []float32) {
	switch kind % 11 {
	case 0: // halves, which round to even
		for i := range x {
			x[i] = float32(rng.IntN(254)-127) + 0.5
		}
		x[rng.IntN(128)] = 127
	case 1:
		clear(x)
	case 2: // just too small, with the sign of the largest negative
		clear(x)
		x[127] = -math.Nextafter32(1e-34, 0)
	case 3: // just large enough
		x[5] = 0
		for i := range x {
			x[i] *= 1e-36
		}
		x[64] = -1e-34
	case 4: // near the largest
		for i := range x {
			x[i] = float32(math.Copysign(3e38, float64(x[i])))
		}
		x[1] = -math.MaxFloat32
	case 5: // the largest in any place
		x[rng.IntN(128)] = 100
	case 6, 7, 8: // not finite, in any place
		x[rng.IntN(128)] = float32([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}[kind%11-6])
	case 9: // a NaN before what is greater
		x[0], x[127] = float32(math.NaN()), float32(math.Inf(-1))
	}
}
