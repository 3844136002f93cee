package quant

import (
	"math"
	"math/rand/v2"
	"testing"

	"llada/formats"
)

// The functions here read one weight of one tile straight from its bytes, by
// the words of the format's specification and with nothing of the codecs.

func bfloat(tile []byte, i int) float32 {
	return math.Float32frombits(uint32(tile[2*i])<<16 | uint32(tile[2*i+1])<<24)
}

// floorShift is ⌊x/2ⁿ⌋ without relying on how a shift treats negative numbers.
func floorShift(x, n int) int { return int(math.Floor(float64(x) / float64(int(1)<<n))) }

func specQ4(tile []byte, codebook [16]int8, r, k int) float32 {
	v, offset := k/8, k%8
	b := int(tile[160+64*v+4*r+offset%4])
	q := b % 16
	if offset >= 4 {
		q = b / 16
	}
	s := int(int8(tile[32+16*(k/32)+r]))
	return bfloat(tile, r) * float32(floorShift(int(codebook[q])*s+64, 7))
}

func specQ6(tile []byte, r, k int) float32 {
	b := int(tile[160+64*(k/8)+4*r+k%4])
	q := b % 16
	if k%8 >= 4 {
		q = b / 16
	}
	j := k % 16 / 4
	high := int(tile[2208+64*(k/16)+4*r+k%4])
	for range j {
		high /= 4
	}
	q += high % 4 * 16
	s := int(int8(tile[32+16*(k/32)+r]))
	return bfloat(tile, r) * float32(floorShift((q-32)*s+16, 5))
}

func specQ8(tile []byte, r, k int) float32 {
	return bfloat(tile, k/128*16+r) * float32(int8(tile[64+64*(k/4)+4*r+k%4]))
}

func spec(e formats.Encoding, tile []byte, r, k int) float32 {
	switch e {
	case formats.Q4:
		return specQ4(tile, GaussCodebook, r, k)
	case formats.Q6:
		return specQ6(tile, r, k)
	}
	return specQ8(tile, r, k)
}

// noise is a tile of random bytes with scales that are numbers and without the
// sub-scale −128, which no encoder writes.
func noise(rng *rand.Rand, e formats.Encoding, size int) []byte {
	tile := make([]byte, size)
	for i := range tile {
		tile[i] = byte(rng.Uint32())
	}
	scales := 16
	if e == formats.Q8 {
		scales = 32
	}
	for i := range scales {
		putBF16(tile[2*i:], float32(rng.NormFloat64()))
	}
	if e != formats.Q8 {
		for i := 32; i < 160; i++ {
			if tile[i] == 0x80 {
				tile[i] = 0
			}
		}
	}
	return tile
}

func TestLayout(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, e := range quantized {
		c := codec(t, e).(Quantized)
		const tilesWide, groups, cols = 2, 2, 400
		var data []byte
		for range tilesWide * groups {
			data = append(data, noise(rng, e, c.TileBytes())...)
		}
		row := make([]float32, cols)
		for r := range groups * 16 {
			c.DecodeRow(row, data, cols, r)
			for k, got := range row {
				at := (r/16*tilesWide + k/256) * c.TileBytes()
				want := spec(e, data[at:at+c.TileBytes()], r%16, k%256)
				if got != want {
					t.Fatalf("%s: weight [%d][%d] decodes to %v, the layout says %v", e, r, k, got, want)
				}
			}
		}
	}
}

func TestCustomCodebook(t *testing.T) {
	book := [16]int8{-64, -50, -40, -30, -20, -10, -5, 0, 1, 2, 3, 7, 15, 30, 45, 64}
	c, err := For(formats.Info{Name: "w", Encoding: formats.Q4, Codebook: book[:]})
	if err != nil {
		t.Fatal(err)
	}
	w := gauss(16*256, 4)
	tile := encode(c, w, 16, 256, nil)
	y := decode(c, tile, 16, 256)
	for r := range 16 {
		for k := range 256 {
			if want := specQ4(tile, book, r, k); y[r*256+k] != want {
				t.Fatalf("weight [%d][%d] decodes to %v, want %v", r, k, y[r*256+k], want)
			}
		}
	}
	if db := snr(w, y); db < 20 {
		t.Errorf("%.2f dB with another codebook, want at least 20", db)
	}
}

func TestPanelIndexIsAPermutation(t *testing.T) {
	var seen [TileRows * TileCols]bool
	for r := range TileRows {
		for k := range TileCols {
			i := PanelIndex(r, k)
			if seen[i] {
				t.Fatalf("index %d is used twice", i)
			}
			seen[i] = true
			if i/64 != k/4 || i%64 != 4*r+k%4 {
				t.Fatalf("row %d, column %d stands at %d", r, k, i)
			}
		}
	}
}

// A panel and its tile's rows are the same numbers; q4 weights stay within the
// 7 bits that kernels rely on.
func TestPanelsOfRandomTiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, e := range quantized {
		t.Run(string(e), func(t *testing.T) {
			c := codec(t, e).(Quantized)
			var p Panel
			for range 20 {
				tile := noise(rng, e, c.TileBytes())
				c.Panel(&p, tile)
				for r := range TileRows {
					for k := range TileCols {
						w := p.W[PanelIndex(r, k)]
						if got, want := p.D[k/GroupCols*TileRows+r]*float32(w), spec(e, tile, r, k); got != want {
							t.Fatalf("[%d][%d]: %v, want %v", r, k, got, want)
						}
						if e == formats.Q4 && (w < -63 || w > 63) {
							t.Fatalf("q4 weight %d needs 8 bits", w)
						}
					}
				}
			}
		})
	}
}

// The encoder never writes a sub-scale of −128 nor a q8 weight of −128.
func TestNoMinus128(t *testing.T) {
	for _, e := range quantized {
		c := codec(t, e).(Quantized)
		for seed := range uint64(4) {
			w := heavy(16*256, seed)
			tile := encode(c, w, 16, 256, nil)
			from, to := 32, 160
			if e == formats.Q8 {
				from, to = 64, len(tile)
			}
			for i := from; i < to; i++ {
				if tile[i] == 0x80 {
					t.Fatalf("%s: byte %d is −128", e, i)
				}
			}
		}
	}
}

// The folded weights that docs/numerics.md works out.
func TestFoldedValues(t *testing.T) {
	q4, q6 := gaussQ4(), newQ6()
	for _, c := range []struct {
		f    *folded
		q    uint8
		s    int8
		want int8
	}{
		{q4, 0, 127, -63}, {q4, 15, 127, 54}, {q4, 15, -100, -42}, {q4, 8, 63, 0}, {q4, 8, 64, 1}, {q4, 8, -127, -1},
		{q6, 0, 127, -127}, {q6, 0, -127, 127}, {q6, 63, -1, -1}, {q6, 40, 77, 19}, {q6, 32, 127, 0},
	} {
		if got := c.f.fold(c.q, c.s); got != c.want {
			t.Errorf("%s: code %d, sub-scale %d is %d, want %d", c.f.encoding, c.q, c.s, got, c.want)
		}
	}
}
