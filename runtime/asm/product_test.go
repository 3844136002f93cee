package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// random makes a tile of random bytes, and what it decodes to by the definition:
// int8 weights [row][column] and scales [half][row].
func (e Encoding) random(rng *rand.Rand, codebook *[16]int8) ([]byte, *[16][256]int8, *[2][16]float32) {
	tile := make([]byte, e.TileBytes())
	for i := range tile {
		tile[i] = byte(rng.Uint32())
	}
	put := func(i int, x float32) {
		b := math.Float32bits(x) >> 16
		tile[2*i], tile[2*i+1] = byte(b), byte(b>>8)
	}
	var w [16][256]int8
	var d [2][16]float32
	scales := 16
	if e == Q8 {
		scales = 32
	}
	for i := range scales {
		put(i, float32(rng.NormFloat64()))
	}
	for g := range 2 {
		for r := range 16 {
			i := r
			if e == Q8 {
				i = 16*g + r
			}
			d[g][r] = math.Float32frombits(uint32(tile[2*i])<<16 | uint32(tile[2*i+1])<<24)
		}
	}
	for r := range 16 {
		for k := range 256 {
			s := 0
			if e != Q8 {
				s = int(int8(tile[32+k/32*16+r]))
			}
			at := 160 + k/8*64 + 4*r + k%4
			switch e {
			case Q8:
				w[r][k] = int8(tile[64+k/4*64+4*r+k%4])
			case Q4:
				q := tile[at] >> (k / 4 % 2 * 4) & 15
				w[r][k] = int8((int(codebook[q])*s + 64) >> 7)
			case Q6:
				q := tile[at] >> (k / 4 % 2 * 4) & 15
				q |= tile[2208+k/16*64+4*r+k%4] >> (2 * (k / 4 % 4)) & 3 << 4
				w[r][k] = int8(((int(q)-32)*max(s, -127) + 16) >> 5)
			}
		}
	}
	return tile, &w, &d
}

var gaussCodebook = [16]int8{-63, -51, -41, -31, -24, -17, -11, -5, 1, 6, 12, 18, 25, 33, 43, 54}

var encodingNames = [...]string{Q4: "q4", Q6: "q6", Q8: "q8"}

// quantized is a row of activations by the definition.
func quantized(x []float32) (q []int8, scale []float32) {
	for g := 0; g < len(x); g += 128 {
		most := float32(0)
		for _, v := range x[g : g+128] {
			most = max(most, float32(math.Abs(float64(v)))) // NaN if one is
		}
		inv := float32(0)
		switch {
		case most != most || math.IsInf(float64(most), 1):
			scale = append(scale, float32(math.NaN()))
		case most >= 1e-34:
			inv = 127 / most
			scale = append(scale, most/127)
		default:
			scale = append(scale, 0)
		}
		for _, v := range x[g : g+128] {
			q = append(q, int8(math.RoundToEven(float64(float32(v*inv)))))
		}
	}
	return q, scale
}

func TestProduct(t *testing.T) {
	for e := range encodingNames {
		e := Encoding(e)
		all(t, "product/"+encodingNames[e], func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(e), 7))
			for n := 1; n <= 37; n++ {
				for _, supers := range []int{1, 3} {
					for _, kind := range []string{"random", "extreme", "half a strip", "not finite"} {
						checkProduct(t, rng, e, n, supers, kind)
					}
				}
			}
		})
	}
}

// checkProduct compares a strip times n rows with the definition, to the bit.
func checkProduct(t *testing.T, rng *rand.Rand, e Encoding, n, supers int, kind string) {
	t.Helper()
	codebook := gaussCodebook
	if kind == "extreme" {
		for i := range codebook {
			codebook[i] = int8(64 - 128*(i%2))
		}
	}
	cols := 256 * supers
	x := random(rng, n*cols, 1)
	if kind == "extreme" {
		for i := range x {
			x[i] = float32(math.Copysign(1, float64(x[i])))
		}
	}
	if n > 2 {
		clear(x[cols : 2*cols]) // a row of zeros
	}
	if kind == "not finite" {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			x[rng.IntN(len(x))] = float32(v)
		}
	}
	var a Acts
	a.Reset(n, cols)
	for i := range a.Slivers() {
		a.Fill(i, x, cols)
	}
	got := newGuarded(n*StripRows, 1)
	want := random(rng, n*StripRows, 0)
	copy(got.x, want)
	var tiles [2][]byte // of the upper and the lower 16 rows
	for s := range supers {
		for i := range 2 {
			if kind == "half a strip" && i == 1 {
				continue // a matrix that ends in the middle of a strip
			}
			tile, w, d := e.random(rng, &codebook)
			if kind == "not finite" {
				r := rng.IntN(16)
				d[0][r] = float32(math.Inf(s%2*2 - 1))
				tile[2*r], tile[2*r+1] = 0x80, byte(math.Float32bits(d[0][r])>>24)
				if e != Q8 {
					d[1][r] = d[0][r]
				}
			}
			tiles[i] = append(tiles[i], tile...)
			for row := range n {
				q, scale := quantized(x[row*cols : (row+1)*cols])
				for r := range 16 {
					o := &want[row*StripRows+16*i+r]
					for g := range 2 {
						sum := int64(0)
						for k := 128 * g; k < 128*g+128; k++ {
							sum += int64(w[r][k]) * int64(q[256*s+k])
						}
						*o = FMA(float32(float32(sum)*d[g][r]), scale[2*s+g], *o)
					}
				}
			}
		}
	}
	new(Decoder).Multiply(got.x, e, Tiles{tiles[0], tiles[1]}, Tiles{}, &codebook, &a, nil)
	for i := range want {
		if !same(got.x[i], want[i]) {
			t.Fatalf("%s, %d rows, %d superblocks: row %d, output %d is %v, want %v",
				kind, n, supers, i/StripRows, i%StripRows, got.x[i], want[i])
		}
	}
	got.check(t)
}

func BenchmarkProduct(b *testing.B) {
	for _, tier := range Names(true) {
		for e, name := range encodingNames {
			for _, n := range []int{1, 12, 32, 96, 256} {
				b.Run(fmt.Sprintf("%s/%s/M=%d", tier, name, n), func(b *testing.B) {
					benchmarkProduct(b, tier, Encoding(e), n)
				})
			}
		}
	}
}

// benchmarkProduct multiplies a strip of 4096 columns, decoding included.
func benchmarkProduct(b *testing.B, tier string, e Encoding, n int) {
	defer Use(Active())
	if err := Use(tier); err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	const cols = 4096
	x := random(rng, n*cols, 0)
	var a Acts
	a.Reset(n, cols)
	for i := range a.Slivers() {
		a.Fill(i, x, cols)
	}
	var tiles [2][]byte
	for i := range 2 * cols / 256 {
		tile, _, _ := e.random(rng, &gaussCodebook)
		tiles[i%2] = append(tiles[i%2], tile...)
	}
	out := make([]float32, n*StripRows)
	decoder := new(Decoder)
	for b.Loop() {
		decoder.Multiply(out, e, Tiles{tiles[0], tiles[1]}, Tiles{}, &gaussCodebook, &a, nil)
	}
	b.ReportMetric(float64(b.N)*StripRows*cols*float64(n)/float64(b.Elapsed().Nanoseconds()), "MAC/ns")
}
