package quant

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The table of bins must find what trying every value finds, at every multiple
// of ¼ and at random points, midpoints going to the greater value.
func TestGridIsNearest(t *testing.T) {
	q4, q6 := newQ4(GaussCodebook), newQ6()
	rng := rand.New(rand.NewPCG(1, 1))
	for _, f := range []*folded{q4, q6} {
		grids := slices.Concat(f.scaled[:], []*grid{f.free})
		for i, g := range grids {
			if testing.Short() && i%16 != 0 && i != 254 && i != 255 {
				continue
			}
			try := func(y float32) {
				best, bestDist := int8(0), math.Inf(1)
				for _, v := range g.value {
					d := math.Abs(float64(v) - float64(y))
					if d < bestDist || d == bestDist && v > best {
						best, bestDist = v, d
					}
				}
				got := g.value[g.nearest(y)]
				if got != best {
					t.Fatalf("%s, table %d: %v goes to %d, want %d", f.encoding, i, y, got, best)
				}
				if n := g.near[g.bin(y)]; n != float32(got) {
					t.Fatalf("%s, table %d: nearest of %v is %v, its code stands for %d", f.encoding, i, y, n, got)
				}
			}
			for y := -4 * g.reach; y <= 4*g.reach; y++ {
				try(y / 2)
				try(y/2 + 0.25)
			}
			for range 50 {
				// Multiples of 1/256: their doubles do not round in the table.
				try(float32(rng.IntN(1<<17)-1<<16) / 256)
			}
			try(1e9)
			try(-1e9)
		}
	}
}

func TestGridTables(t *testing.T) {
	for _, f := range []*folded{newQ4(GaussCodebook), newQ6()} {
		for i, g := range f.scaled {
			for q, v := range g.value {
				want := floorShift(int(f.base[q])*(i-127)+1<<(f.shift-1), int(f.shift))
				if int(v) != want {
					t.Fatalf("%s: code %d under sub-scale %d is %d, want %d", f.encoding, q, i-127, v, want)
				}
			}
		}
	}
}

func TestGridError(t *testing.T) {
	g := newQ4(GaussCodebook).scaled[127+90]
	x, imp := gauss(BlockCols, 3), make([]float32, BlockCols)
	for i := range imp {
		imp[i] = float32(i) / 8
	}
	const inv = 900
	var plain, weighted float64
	for i, v := range x {
		y := float64(v) * inv
		e := y - float64(g.value[g.nearest(float32(y))])
		plain += e * e
		weighted += float64(imp[i]) * e * e
	}
	if got := float64(g.err(x, nil, inv)); math.Abs(got-plain) > 1e-4*plain {
		t.Errorf("error %v, want %v", got, plain)
	}
	if got := float64(g.err(x, imp, inv)); math.Abs(got-weighted) > 1e-4*weighted {
		t.Errorf("weighted error %v, want %v", got, weighted)
	}
}

func TestRoundClamp(t *testing.T) {
	for _, c := range []struct {
		y    float32
		want int32
	}{
		{0, 0}, {0.5, 0}, {1.5, 2}, {2.5, 2}, {-0.5, 0}, {-1.5, -2}, {126.49999, 126},
		{126.5, 126}, {127.4, 127}, {1e30, 127}, {-1e30, -127}, {-127.5, -127},
	} {
		if got := roundClamp(c.y, 127); got != c.want {
			t.Errorf("%v rounds to %d, want %d", c.y, got, c.want)
		}
	}
}

func TestBF16(t *testing.T) {
	for h := range 1 << 16 {
		x := fromBF16(uint16(h))
		if x != x || math.IsInf(float64(x), 0) {
			continue
		}
		if toBF16(x) != uint16(h) {
			t.Fatalf("%#04x becomes %#04x", h, toBF16(x))
		}
	}
	for _, c := range []struct{ x, want float32 }{
		{1 + 0x1p-8, 1}, {1 + 0x3p-8, 1 + 0x1p-6}, {1 + 0x1.01p-8, 1 + 0x1p-7}, {-1 - 0x3p-8, -1 - 0x1p-6},
	} {
		if got := roundBF16(c.x); got != c.want {
			t.Errorf("%v rounds to %v, want %v", c.x, got, c.want)
		}
	}
}
