package asm

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// bfloats are n pairs for a test of products: ordinary numbers, any bits, or
// numbers whose products are about as small as float32 can be.
func bfloats(rng *rand.Rand, n, kind int) []uint32 {
	w := make([]uint32, n+3)[rng.IntN(4):][:n]
	one := func() uint32 {
		switch kind {
		case 0:
			return toBF16(float32(rng.NormFloat64())) >> 16
		case 1:
			if u := rng.Uint32() >> 16; u>>7&0xff != 0xff || rng.IntN(200) == 0 {
				return u
			}
			return 0
		}
		// Near 2⁻⁶³, or subnormal.
		u := rng.Uint32() & 0x807f
		if rng.IntN(20) > 0 {
			u |= (63 + rng.Uint32N(3)) << 7
		}
		return u
	}
	for i := range w {
		w[i] = one() | one()<<16
	}
	return w
}

// bigBF16 is a step of the definition, by numbers of any length.
func bigBF16(w, a uint32, sum float32) float32 {
	x, y := fromBF16(w), fromBF16(a)
	s := float64(x)*float64(y) + float64(sum)
	if s == 0 || math.IsNaN(s) || math.IsInf(s, 0) {
		return float32(s)
	}
	big64 := func(x float32) *big.Float { return new(big.Float).SetPrec(1000).SetFloat64(float64(x)) }
	p := big64(x)
	p.Mul(p, big64(y)).Add(p, big64(sum)).SetPrec(24) // rounds, with any exponent
	if f, _ := p.Float64(); math.Abs(f) < 0x1p-126 {
		return float32(math.Copysign(0, f))
	}
	f, _ := p.Float32()
	return f
}

func matMulBF16Reference(out []float32, ldo int, w []uint32, ldw, pairs int, a []uint32, lda, n int, step func(w, a uint32, sum float32) float32) {
	for t := range n {
		for r := range StripRows {
			sum := float32(0)
			for k := range pairs {
				w, a := w[k*ldw+r], a[t*lda+k]
				sum = step(w, a, sum)
				sum = step(w<<16, a<<16, sum)
			}
			out[t*ldo+r] += sum
		}
	}
}

// The portable product is the definition.
func TestBF16Definition(t *testing.T) {
	defer Use(Active())
	Use("generic")
	rng := rand.New(rand.NewPCG(11, 1))
	for i := range 60 {
		n, pairs := 1+rng.IntN(6), 1+rng.IntN(40)
		w, a := bfloats(rng, pairs*StripRows, i%3), bfloats(rng, pairs*n, i%3)
		got, want := make([]float32, n*StripRows), make([]float32, n*StripRows)
		MatMulBF16(got, StripRows, w, StripRows, pairs, a, pairs, n)
		matMulBF16Reference(want, StripRows, w, StripRows, pairs, a, pairs, n, bigBF16)
		sameBits(t, got, want)
	}
}

// atLeast makes two pairs of columns whose sums come next to the least normal
// number 2⁻¹²⁶, some to what only rounds to it: 2⁻¹²⁶, and j units of its last
// place in two parts, less m·n eighths of such a unit with j = m·n/8.
func atLeast(rng *rand.Rand) (w, a []uint32) {
	bf := func(x float64, e int) uint32 { return toBF16(float32(math.Ldexp(x, e))) }
	n := float64(128 + rng.IntN(128))
	a = []uint32{bf(1, -63) | bf(1, -69)>>16, bf(1, -74) | bf(n, -76)>>16}
	w = make([]uint32, 2*StripRows)
	for r := range StripRows {
		m := float64(128 + rng.IntN(128))
		j := int(m*n) / 8
		sign := float64(1 - 2*rng.IntN(2))
		w[r] = bf(sign, -63) | bf(sign*float64(j/32), -75)>>16
		w[StripRows+r] = bf(sign*float64(j%32), -75) | bf(-sign*m, -76)>>16
	}
	return w, a
}

func testMatMulBF16(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	for n := 1; n <= 37; n++ {
		for _, pairs := range []int{1, 2, 3, 7, 16, 31, 128} {
			if testing.Short() && n > 9 && pairs > 7 {
				continue
			}
			for i := range 3 {
				ldo, lda, ldw := StripRows+3*i, pairs+5*i, StripRows+7*i
				w, a := bfloats(rng, (pairs-1)*ldw+StripRows, i), bfloats(rng, (n-1)*lda+pairs, i)
				got, want := newGuarded((n-1)*ldo+StripRows, i), newGuarded((n-1)*ldo+StripRows, 0)
				for i, v := range random(rng, len(want.x), 0) {
					got.x[i], want.x[i] = v, v
				}
				if i == 2 { // nothing hides the signs of zeros, nor subnormal outputs
					for i := range got.x {
						v := math.Float32frombits(rng.Uint32() & 0x80000003)
						got.x[i], want.x[i] = v, v
					}
				}
				MatMulBF16(got.x, ldo, w, ldw, pairs, a, lda, n)
				matMulBF16Generic(&want.x[0], ldo, &w[0], ldw, pairs, &a[0], lda, n)
				sameBits(t, got.x, want.x)
				got.check(t)
			}
		}
	}
	for range 300 {
		w, a := atLeast(rng)
		got, want := make([]float32, StripRows), make([]float32, StripRows)
		MatMulBF16(got, StripRows, w, StripRows, 2, a, 2, 1)
		matMulBF16Reference(want, StripRows, w, StripRows, 2, a, 2, 1, bigBF16)
		sameBits(t, got, want)
	}
}

func TestMatMulBF16(t *testing.T) { all(t, "matmul bf16", testMatMulBF16) }

func TestPackBF16(t *testing.T) {
	bits := func(u uint32) float32 { return math.Float32frombits(u) }
	x := []float32{
		1, bits(0x3f808000), bits(0x3f818000), bits(0x3f808001), bits(0xbf80ffff), // ties to even, and others
		bits(0x7f7fffff), -inf, bits(0x7f800001), bits(0xffffffff), // overflow, and NaN of few bits
		bits(0x00008000), bits(0x00018000), bits(0x007fffff), bits(0x80000001), // subnormal
	}
	want := []uint32{
		0x3f803f80, 0x3f813f82, 0x7f80bf81, 0x7fc0ff80, 0x0000ffff, 0x00800002, 0x8000,
	}
	got := make([]uint32, len(want))
	PackBF16(got, x)
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("pair %d is %08x, want %08x", i, got[i], want[i])
		}
	}
}

func BenchmarkMatMulBF16(b *testing.B) {
	for _, tier := range Names(true) {
		for _, n := range []int{1, 12, 96} {
			b.Run(fmt.Sprintf("%s/M=%d", tier, n), func(b *testing.B) {
				defer Use(Active())
				if err := Use(tier); err != nil {
					b.Fatal(err)
				}
				const pairs = 128
				rng := rand.New(rand.NewPCG(4, 2))
				w, a := bfloats(rng, pairs*StripRows, 0), bfloats(rng, n*pairs, 0)
				out := make([]float32, n*StripRows)
				for b.Loop() {
					MatMulBF16(out, StripRows, w, StripRows, pairs, a, pairs, n)
				}
				b.ReportMetric(float64(b.N)*2*pairs*StripRows*float64(n)/float64(b.Elapsed().Nanoseconds()), "MAC/ns")
			})
		}
	}
}
