package quant

import (
	"math"
	"math/rand/v2"
	"testing"

	"llada/formats"
	"llada/runtime/asm"
)

var kernels = map[formats.Encoding]asm.Encoding{formats.Q4: asm.Q4, formats.Q6: asm.Q6, formats.Q8: asm.Q8}

// checkBytes multiplies a strip of two tiles with rows of activations on every tier:
// whatever the bytes and the numbers are, the result is the definition's, to the bit
// but for the bits of a NaN.
func checkBytes(t *testing.T, c Quantized, codebook [16]int8, upper, lower []byte, x []float32) {
	t.Helper()
	defer asm.Use(asm.Active())
	rows := len(x) / TileCols
	var acts Acts
	acts.Reset(rows, TileCols)
	for i := range rows {
		acts.SetRow(i, x[i*TileCols:(i+1)*TileCols])
	}
	want := make([]float32, rows*asm.StripRows)
	for i := range rows {
		for r := range TileRows {
			want[i*asm.StripRows+r] = Dot(c, upper, r, &acts, i)
			want[i*asm.StripRows+TileRows+r] = Dot(c, lower, r, &acts, i)
		}
	}
	for _, tier := range asm.Names(true) {
		if err := asm.Use(tier); err != nil {
			t.Fatal(err)
		}
		var packed asm.Acts
		packed.Reset(rows, TileCols)
		for i := range packed.Slivers() {
			packed.Fill(i, x, TileCols)
		}
		got := make([]float32, len(want))
		new(asm.Decoder).Multiply(got, kernels[c.Encoding()], asm.Tiles{Upper: upper, Lower: lower}, asm.Tiles{}, &codebook, &packed, nil)
		for i, w := range want {
			if g := got[i]; math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
				t.Fatalf("%s, %s: row %d, output %d is %v, want %v", tier, c.Encoding(), i/asm.StripRows, i%asm.StripRows, g, w)
			}
		}
	}
}

// codecOf is the codec of an encoding, of q4 with a codebook.
func codecOf(t *testing.T, e formats.Encoding, codebook *[16]int8) Quantized {
	t.Helper()
	i := formats.Info{Encoding: e}
	if e == formats.Q4 {
		i.Codebook = codebook[:]
	}
	c, err := For(i)
	if err != nil {
		t.Fatal(err)
	}
	return c.(Quantized)
}

func randomBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
		if rng.IntN(8) == 0 {
			b[i] = []byte{0x80, 0, 0xff, 0x7f}[rng.IntN(4)]
		}
	}
	return b
}

// anyFloats are numbers of every kind: most of them common, some any bits at all.
func anyFloats(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
		if rng.IntN(512) == 0 {
			x[i] = math.Float32frombits(rng.Uint32() | 0x7f800000*uint32(rng.IntN(2)))
		}
	}
	return x
}

func TestAnyBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 25))
	for range 40 {
		codebook := [16]int8{-64, 64}
		for i := 2; i < len(codebook); i++ {
			codebook[i] = int8(rng.IntN(129) - 64)
		}
		for _, e := range quantized {
			c := codecOf(t, e, &codebook)
			n := c.TileBytes()
			checkBytes(t, c, codebook, randomBytes(rng, n), randomBytes(rng, n), anyFloats(rng, 13*TileCols))
		}
	}
}

// FuzzTile has the fuzzer write the bytes of a tile, its codebook and one row of
// activations.
func FuzzTile(f *testing.F) {
	f.Add([]byte{0x80}, []byte{0, 64, 128}, []byte{0, 0, 0x80, 0x3f})
	f.Add([]byte{0, 0, 0xff, 0xff, 0x80, 0x7f}, []byte{1}, []byte{0, 0, 0xc0, 0x7f, 0, 0, 0x80, 0xff, 1})
	f.Fuzz(func(t *testing.T, tile, codes, numbers []byte) {
		at := func(b []byte, i int) byte {
			if len(b) == 0 {
				return 0
			}
			return b[i%len(b)]
		}
		var codebook [16]int8
		for i := range codebook {
			codebook[i] = int8(int(at(codes, i))%129 - 64)
		}
		x := make([]float32, TileCols)
		for k := range x {
			bits := uint32(0)
			for i := range 4 {
				bits |= uint32(at(numbers, 4*k+i)) << (8 * i)
			}
			x[k] = math.Float32frombits(bits)
		}
		for _, e := range quantized {
			c := codecOf(t, e, &codebook)
			b := make([]byte, 2*c.TileBytes())
			for i := range b {
				b[i] = at(tile, i)
			}
			checkBytes(t, c, codebook, b[:len(b)/2], b[len(b)/2:], x)
		}
	})
}
