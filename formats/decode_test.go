package formats

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/x448/float16"
	"pgregory.net/rapid"
)

// all16 is every 16-bit pattern, little-endian.
func all16() []byte {
	src := make([]byte, 0, 1<<17)
	for h := range 1 << 16 {
		src = binary.LittleEndian.AppendUint16(src, uint16(h))
	}
	return src
}

func TestDecodeF16All(t *testing.T) {
	got := make([]float32, 1<<16)
	if err := DecodeFloat32(got, all16(), F16); err != nil {
		t.Fatal(err)
	}
	for h, x := range got {
		want := float16.Frombits(uint16(h)).Float32()
		if math.Float32bits(x) != math.Float32bits(want) {
			t.Fatalf("f16 %#04x: got %#08x, want %#08x", h, math.Float32bits(x), math.Float32bits(want))
		}
	}
}

func TestBF16All(t *testing.T) {
	src := all16()
	wide := make([]float32, 1<<16)
	if err := DecodeFloat32(wide, src, BF16); err != nil {
		t.Fatal(err)
	}
	for h, x := range wide {
		if math.Float32bits(x) != uint32(h)<<16 {
			t.Fatalf("bf16 %#04x: got %#08x", h, math.Float32bits(x))
		}
	}
	back := make([]byte, len(src))
	if err := EncodeFloat32(back, wide, BF16); err != nil {
		t.Fatal(err)
	}
	if string(back) != string(src) {
		t.Error("bf16 does not survive widening and rounding")
	}
}

func TestRoundBF16(t *testing.T) {
	for _, c := range []struct {
		name string
		in   uint32
		want uint16
	}{
		{"below the tie", 0x3f807fff, 0x3f80},
		{"tie to even, down", 0x3f808000, 0x3f80},
		{"tie to even, up", 0x3f818000, 0x3f82},
		{"above the tie", 0x3f808001, 0x3f81},
		{"carry into the exponent", 0x3fffffff, 0x4000},
		{"largest number becomes infinite", 0x7f7fffff, 0x7f80},
		{"infinity", 0xff800000, 0xff80},
		{"minus zero", 0x80000000, 0x8000},
		{"smallest subnormal", 1, 0},
		{"quiet NaN", 0x7fc00000, 0x7fc0},
		{"NaN in the lost half", 0xff800001, 0xffc0},
		{"NaN that would carry", 0xffffffff, 0xffff},
	} {
		if got := RoundBF16(math.Float32frombits(c.in)); got != c.want {
			t.Errorf("%s: %#08x: got %#04x, want %#04x", c.name, c.in, got, c.want)
		}
	}
}

func TestPlainLengths(t *testing.T) {
	for n := range 20 {
		in := make([]float32, n)
		for i := range in {
			in[i] = float32(i) - 7.5
		}
		for _, e := range []Encoding{F32, BF16} {
			buf, out := make([]byte, n*e.ElementBytes()), make([]float32, n)
			if err := EncodeFloat32(buf, in, e); err != nil {
				t.Fatal(err)
			}
			if err := DecodeFloat32(out, buf, e); err != nil {
				t.Fatal(err)
			}
			for i := range in {
				if in[i] != out[i] {
					t.Errorf("%s, %d numbers: [%d] is %v, want %v", e, n, i, out[i], in[i])
				}
			}
		}
	}
}

func TestF32KeepsBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOf(rapid.Byte()).Draw(t, "src")
		src = src[:len(src)/4*4]
		mid, back := make([]float32, len(src)/4), make([]byte, len(src))
		if err := DecodeFloat32(mid, src, F32); err != nil {
			t.Fatal(err)
		}
		if err := EncodeFloat32(back, mid, F32); err != nil {
			t.Fatal(err)
		}
		if string(back) != string(src) {
			t.Fatalf("%x became %x", src, back)
		}
	})
}

func TestPlainRefuses(t *testing.T) {
	two := make([]float32, 2)
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"short", DecodeFloat32(two, make([]byte, 3), BF16), "2 numbers of bf16 need 4 bytes, not 3"},
		{"long", DecodeFloat32(two, make([]byte, 12), F32), "need 8 bytes, not 12"},
		{"packed", DecodeFloat32(two, nil, Q4), `"q4" is not a plain encoding`},
		{"write f16", EncodeFloat32(make([]byte, 4), two, F16), "f16 is read only"},
		{"write short", EncodeFloat32(make([]byte, 4), two, F32), "need 8 bytes, not 4"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, c.err, c.want)
		}
	}
}

func BenchmarkPlain(b *testing.B) {
	x, buf := make([]float32, 1<<16), make([]byte, 1<<18)
	for i := range x {
		x[i] = float32(i%509)/64 - 4
	}
	for _, e := range []Encoding{F32, F16, BF16} {
		src := buf[:len(x)*e.ElementBytes()]
		b.Run("decode/"+string(e), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				_ = DecodeFloat32(x, src, e)
			}
		})
	}
	b.Run("encode/bf16", func(b *testing.B) {
		b.SetBytes(int64(2 * len(x)))
		for b.Loop() {
			_ = EncodeFloat32(buf[:2*len(x)], x, BF16)
		}
	})
}
