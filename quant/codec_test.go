package quant

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"llada/formats"
)

var quantized = []formats.Encoding{formats.Q4, formats.Q6, formats.Q8}

func codec(t testing.TB, e formats.Encoding) Codec {
	t.Helper()
	c, err := Default(e)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func gauss(n int, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64()) * 0.02
	}
	return x
}

// encode encodes a rows × cols matrix group by group, each into a buffer of
// exactly the bytes it may use.
func encode(c Codec, w []float32, rows, cols int, importance []float32) []byte {
	var out []byte
	for r := 0; r < rows; r += TileRows {
		n := min(TileRows, rows-r)
		size := c.Size(TileRows, cols)
		if _, plain := c.(Plain); plain {
			size = c.Size(n, cols)
		}
		group := make([]byte, size)
		c.EncodeGroup(group, w[r*cols:(r+n)*cols], n, cols, importance)
		out = append(out, group...)
	}
	return out
}

func decode(c Codec, data []byte, rows, cols int) []float32 {
	out := make([]float32, rows*cols)
	for r := range rows {
		c.DecodeRow(out[r*cols:(r+1)*cols], data, cols, r)
	}
	return out
}

func bitsEqual(x, y []float32) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if math.Float32bits(x[i]) != math.Float32bits(y[i]) {
			return false
		}
	}
	return true
}

func TestBitsPerWeight(t *testing.T) {
	for e, want := range map[formats.Encoding]float64{
		formats.F32: 32, formats.BF16: 16, formats.Q8: 8.125, formats.Q6: 6.3125, formats.Q4: 4.3125,
	} {
		const rows, cols = 4096, 12288
		if got := float64(codec(t, e).Size(rows, cols)) * 8 / (rows * cols); got != want {
			t.Errorf("%s: %v bits per weight, want %v", e, got, want)
		}
	}
	if Q4TileBytes != 2208 || Q6TileBytes != 3232 || Q8TileBytes != 4160 {
		t.Errorf("tile sizes %d %d %d, want 2208 3232 4160", Q4TileBytes, Q6TileBytes, Q8TileBytes)
	}
	for _, e := range quantized {
		c := codec(t, e).(Quantized)
		if c.TileBytes()%32 != 0 {
			t.Errorf("%s: tiles of %d bytes do not stay aligned to 32", e, c.TileBytes())
		}
		if c.Encoding() != e {
			t.Errorf("%s: codec calls itself %s", e, c.Encoding())
		}
	}
}

func TestSizeRoundsUpToTiles(t *testing.T) {
	for _, e := range quantized {
		c := codec(t, e).(Quantized)
		for _, s := range []struct{ rows, cols, tiles int }{
			{1, 1, 1}, {16, 256, 1}, {17, 256, 2}, {16, 257, 2}, {33, 513, 9}, {0, 256, 0},
		} {
			if got, want := c.Size(s.rows, s.cols), int64(s.tiles*c.TileBytes()); got != want {
				t.Errorf("%s: size of %d×%d is %d, want %d", e, s.rows, s.cols, got, want)
			}
		}
	}
}

func TestForRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		info formats.Info
		want string
	}{
		{"an unknown encoding", formats.Info{Name: "w", Encoding: "q3"}, `tensor w: unknown encoding "q3"`},
		{"f16, which is read only", formats.Info{Name: "w", Encoding: formats.F16}, `unknown encoding "f16"`},
		{"q4 without a codebook", formats.Info{Name: "w", Encoding: formats.Q4}, "tensor w: encoding q4 needs a codebook of 16 values, found 0"},
		{"a codebook too short", formats.Info{Name: "w", Encoding: formats.Q4, Codebook: make([]int8, 15)}, "found 15"},
	} {
		if _, err := For(c.info); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	for _, e := range append([]formats.Encoding{formats.F32, formats.BF16}, quantized...) {
		if c := codec(t, e); c.Encoding() != e {
			t.Errorf("%s: codec for %s", e, c.Encoding())
		}
	}
}

func TestEncodingIsDeterministic(t *testing.T) {
	const rows, cols = 19, 300
	w := gauss(rows*cols, 11)
	imp := make([]float32, cols)
	for i := range imp {
		imp[i] = float32(1 + i%7)
	}
	for _, e := range append([]formats.Encoding{formats.F32, formats.BF16}, quantized...) {
		for name, importance := range map[string][]float32{"plain": nil, "weighted": imp} {
			first := encode(codec(t, e), w, rows, cols, importance)
			if !bytes.Equal(first, encode(codec(t, e), w, rows, cols, importance)) {
				t.Errorf("%s, %s: two encodings of the same weights differ", e, name)
			}
		}
	}
}

func TestPlainIsExact(t *testing.T) {
	const rows, cols = 5, 37
	w := gauss(rows*cols, 2)
	if c := codec(t, formats.F32); !bitsEqual(w, decode(c, encode(c, w, rows, cols, nil), rows, cols)) {
		t.Error("f32 changes values")
	}
	for i, v := range w {
		w[i] = roundBF16(v)
	}
	if c := codec(t, formats.BF16); !bitsEqual(w, decode(c, encode(c, w, rows, cols, nil), rows, cols)) {
		t.Error("bf16 changes values it can hold")
	}
}

// Every row of a matrix is encoded for itself: what stands in the rows beside
// it, or below the last row, changes nothing.
func TestRowsAreIndependent(t *testing.T) {
	const rows, cols = 16, 513
	w := gauss(rows*cols, 5)
	for _, e := range quantized {
		c := codec(t, e)
		all := decode(c, encode(c, w, rows, cols, nil), rows, cols)
		for _, n := range []int{1, 7, 15} {
			some := decode(c, encode(c, w, n, cols, nil), n, cols)
			if !bitsEqual(some, all[:n*cols]) {
				t.Errorf("%s: the first %d rows decode differently without the others", e, n)
			}
		}
	}
}

func ExampleDefault() {
	c, _ := Default(formats.Q4)
	fmt.Println(c.Encoding(), c.Size(4096, 4096))
	// Output: q4 9043968
}
