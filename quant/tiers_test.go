package quant

import (
	"bytes"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"testing"

	"llada/formats"
	"llada/runtime/asm"
)

// Containers are the same on every machine: each tier of kernels writes the
// bytes of the portable ones, whatever the weights, shape and importance.
func TestTiersWriteTheSameBytes(t *testing.T) {
	defer asm.Use(asm.Active())
	ties := func(n int, seed uint64) []float32 {
		rng := rand.New(rand.NewPCG(seed, 4))
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(rng.IntN(511)-255) / 16
		}
		return x
	}
	extreme := func(n int, seed uint64) []float32 {
		rng := rand.New(rand.NewPCG(seed, 5))
		x := make([]float32, n)
		for i := range x {
			x[i] = roundBF16(float32(rng.NormFloat64() * math.Pow(10, float64(rng.IntN(76)-38))))
		}
		return x
	}
	odd := [16]int8{64, -50, -40, 3, 3, -10, -5, 0, 1, 2, 3, 7, 15, 30, 45, -64}
	codecs := []Codec{gaussQ4(), makeQ4(odd), newQ6(), Q8{}}
	for _, s := range []struct{ rows, cols int }{{64, 1024}, {16, 256}, {1, 1}, {19, 300}, {33, 31}, {7, 513}} {
		for name, draw := range map[string]func(n int, seed uint64) []float32{
			"Gauss": gauss, "Student t5": heavy, "loud": loud, "ties": ties, "extreme": extreme,
		} {
			w := draw(s.rows*s.cols, 17)
			imp := make([]float32, s.cols)
			for i := range imp {
				imp[i] = float32(i % 5 * i % 97)
			}
			for _, importance := range [][]float32{nil, imp} {
				for i, c := range codecs {
					var want []byte
					for _, tier := range asm.Names(true) {
						if err := asm.Use(tier); err != nil {
							t.Fatal(err)
						}
						got := encode(c, w, s.rows, s.cols, importance)
						if want == nil {
							want = got
						} else if !bytes.Equal(got, want) {
							t.Errorf("%s, codec %d, %d×%d of %s, importance %v: other bytes than the portable kernels'",
								tier, i, s.rows, s.cols, name, importance != nil)
						}
					}
				}
			}
		}
	}
}

// And they are the same bytes on every kind of processor: a sum of products that
// a compiler fused would show here. The weights come from integers alone.
func TestBytesOfEveryMachine(t *testing.T) {
	const rows, cols = 48, 600
	rng := rand.New(rand.NewPCG(6, 28))
	w, imp := make([]float32, rows*cols), make([]float32, cols)
	for i := range w {
		sum := 0
		for range 8 { // about Gaussian
			sum += rng.IntN(1<<12) - 1<<11
		}
		w[i] = float32(sum) / (1 << 18)
	}
	for i := range imp {
		imp[i] = float32(1+rng.IntN(1<<10)) / 64
	}
	want := map[formats.Encoding][2]uint32{
		formats.Q4: {0x2685d8e3, 0x13c9dd3a},
		formats.Q6: {0xfc05922d, 0x610ee81a},
		formats.Q8: {0xbe321837, 0x16f7daf3},
	}
	for _, e := range quantized {
		c := codec(t, e)
		got := [2]uint32{crc32.ChecksumIEEE(encode(c, w, rows, cols, nil)), crc32.ChecksumIEEE(encode(c, w, rows, cols, imp))}
		if got != want[e] {
			t.Errorf("%s: checksums %#08x without and with importance, want %#08x", e, got, want[e])
		}
	}
}

// Figures are computed from what the encoder says its bytes decode to; that
// must be what they decode to.
func TestEncodedTileIsItsPanel(t *testing.T) {
	for _, draw := range []func(n int, seed uint64) []float32{gauss, heavy, loud} {
		for seed := range uint64(4) {
			w := draw(TileRows*TileCols, seed)
			for _, e := range quantized {
				c := codec(t, e).(tiler)
				k := new(work)
				from := source{numbers: w, n: TileRows, cols: TileCols}
				most, err := from.read(k, 0)
				if err != nil {
					t.Fatal(err)
				}
				tile := make([]byte, c.TileBytes())
				c.encodeTile(tile, k, k.clipped(most), k.importance(nil, 0, TileCols))
				var p Panel
				c.Panel(&p, tile)
				if p.W != k.w {
					t.Errorf("%s: the tile decodes to other weights", e)
				}
				for i, d := range p.D {
					if k.d[i/TileRows][i%TileRows] != d {
						t.Errorf("%s: scale %d is %v, said to be %v", e, i, d, k.d[i/TileRows][i%TileRows])
					}
				}
			}
		}
	}
}

// Weights beyond ±2⁹⁶ are clipped for the search only: their errors count.
func TestClippedWeightsCount(t *testing.T) {
	w := gauss(TileRows*TileCols, 1)
	w[3] = -0x1p100
	k := new(work)
	from := source{numbers: w, n: TileRows, cols: TileCols}
	most, _ := from.read(k, 0)
	if math.Float32frombits(most) != 0x1p100 {
		t.Fatalf("greatest magnitude %v", math.Float32frombits(most))
	}
	x := k.clipped(most)
	if x[3][0] != -huge || k.x[3][0] != -0x1p100 {
		t.Fatalf("weight %v clipped to %v", k.x[3][0], x[3][0])
	}
	c := codec(t, formats.Q8).(tiler)
	c.encodeTile(make([]byte, c.TileBytes()), k, x, k.importance(nil, 0, TileCols))
	var e asm.ErrorSums
	k.addErrors(&e, 0, TileCols)
	if e.Most[0] < 0x1p99 {
		t.Errorf("greatest error %v", e.Most[0])
	}
}
