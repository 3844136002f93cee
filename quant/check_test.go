package quant

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"llada/formats"
)

// tensorOf is data as a tensor w.
func tensorOf(e formats.Encoding, data []byte, shape ...int) formats.Tensor {
	t := formats.Tensor{Info: formats.Info{Name: "w", Encoding: e, Shape: shape}, Data: data}
	if e == formats.Q4 {
		t.Codebook = GaussCodebook[:]
	}
	return t
}

func TestCheckAcceptsWhatIsWritten(t *testing.T) {
	extreme := func(n int, seed uint64) []float32 {
		rng := rand.New(rand.NewPCG(seed, 5))
		x := make([]float32, n)
		for i := range x {
			x[i] = roundBF16(float32(rng.NormFloat64() * math.Pow(10, float64(rng.IntN(76)-38))))
		}
		return x
	}
	zeros := func(n int, _ uint64) []float32 { return make([]float32, n) }
	for _, e := range append(quantized, formats.F32, formats.BF16) {
		for _, s := range [][2]int{{1, 1}, {16, 256}, {17, 300}, {33, 31}} {
			for _, draw := range []func(int, uint64) []float32{gauss, heavy, loud, extreme, zeros} {
				data := encode(codec(t, e), draw(s[0]*s[1], 9), s[0], s[1], nil)
				if err := Check(tensorOf(e, data, s[0], s[1])); err != nil {
					t.Errorf("%s, %v: %v", e, s, err)
				}
			}
		}
	}
}

// One change of what an encoder writes is found, named and placed.
func TestCheck(t *testing.T) {
	const rows, cols = 40, 600 // three tiles a group, eight rows of padding in the last
	inf, nan := []byte{0x80, 0xff}, []byte{0x81, 0x7f}
	for _, c := range []struct {
		e    formats.Encoding
		at   int
		set  []byte
		want string // "" if it is no fault
	}{
		{formats.Q4, 0, inf, "row 0, tile 0: a scale of -Inf"},
		{formats.Q4, 4*Q4TileBytes + 2*15, nan, "row 31, tile 4: a scale of NaN"},
		{formats.Q4, 4*Q4TileBytes + 32 + 3*16 + 5, []byte{0x80}, "row 21, tile 4: a sub-scale of -128"},
		{formats.Q4, 8*Q4TileBytes + 2*7 + 1, []byte{0x3f}, ""},
		{formats.Q4, 8*Q4TileBytes + 2*8 + 1, []byte{0x3f}, "row 40, tile 8: a scale of 0.5 in a row of padding"},
		{formats.Q4, 160, []byte{0x80}, ""},
		{formats.Q6, Q6TileBytes + 2, inf, "row 1, tile 1: a scale of -Inf"},
		{formats.Q6, Q6TileBytes + 159, []byte{0x80}, "row 15, tile 1: a sub-scale of -128"},
		{formats.Q6, 3000, []byte{0x80}, ""},
		{formats.Q8, 32 + 2*2, nan, "row 2, tile 0: a scale of NaN"},
		{formats.Q8, 64 + 64*9 + 4*11 + 3, []byte{0x80}, "row 11, tile 0: a weight of -128"},
		{formats.Q8, 8*Q8TileBytes + 32 + 2*9 + 1, []byte{0x3f}, "row 41, tile 8: a scale of 0.5 in a row of padding"},
		{formats.BF16, 2 * (3*cols + 7), nan, "row 3, column 7: NaN is not a weight"},
		{formats.BF16, 2 * (rows*cols - 1), inf, "row 39, column 599: -Inf is not a weight"},
		{formats.BF16, 2, []byte{0x7f, 0x7f}, ""}, // the greatest number
		{formats.F32, 4*(5*cols+1) + 2, nan, "row 5, column 1: NaN is not a weight"},
		{formats.F32, 4*2 + 2, inf, "row 0, column 2: -Inf is not a weight"},
		{formats.F32, 4, []byte{0xff, 0xff, 0x7f, 0xff}, ""},
	} {
		data := encode(codec(t, c.e), gauss(rows*cols, 1), rows, cols, nil)
		if c.e == formats.F32 && strings.Contains(c.want, "Inf") {
			binary.LittleEndian.PutUint16(data[c.at-2:], 0)
		}
		copy(data[c.at:], c.set)
		err := Check(tensorOf(c.e, data, rows, cols))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s, byte %d: %v, want %q", c.e, c.at, err, c.want)
		}
	}
	for _, c := range []struct {
		name string
		t    formats.Tensor
		want string
	}{
		{"a vector", tensorOf(formats.F32, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x7f}, 3), "row 0, column 2: +Inf"},
		{"a number", tensorOf(formats.BF16, []byte{0, 0}), ""},
		{"three dimensions", tensorOf(formats.BF16, make([]byte, 48), 2, 3, 4), ""},
		{"short tiles", tensorOf(formats.Q8, make([]byte, Q8TileBytes-1), 16, 256), "4159 bytes of q8"},
		{"no encoding", tensorOf("q3", nil, 1, 1), `tensor w: unknown encoding "q3"`},
	} {
		err := Check(c.t)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	const rows, cols = 512, 4096
	for _, e := range append(quantized, formats.BF16, formats.F32) {
		b.Run(string(e), func(b *testing.B) {
			c, err := Default(e)
			if err != nil {
				b.Fatal(err)
			}
			t := tensorOf(e, make([]byte, c.Size(rows, cols)), rows, cols)
			b.SetBytes(int64(len(t.Data)))
			for b.Loop() {
				if err := Check(t); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
