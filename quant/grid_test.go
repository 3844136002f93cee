package quant

import (
	"math"
	"math/rand/v2"
	"testing"

	"llada/formats"
	"llada/runtime/asm"
)

// Every number must get the value that trying all of them finds, at every
// multiple of ¼ and at random points, midpoints going to the greater value; for
// all sub-scales, and for codebooks in no order or with repeated values.
func TestCodesAreNearestOfAll(t *testing.T) {
	odd := [16]int8{64, -50, -40, 3, -20, -10, -5, 0, 1, 2, 3, 7, 15, 30, 45, -64}
	rng := rand.New(rand.NewPCG(1, 1))
	var x asm.Block
	for _, f := range []*folded{gaussQ4(), makeQ4(odd), newQ6()} {
		var s, inv asm.Lanes
		for i := range inv {
			inv[i] = 1
		}
		for first := -127; first <= 127; first += TileRows {
			for r := range s {
				s[r] = float32(min(first+r, 127))
			}
			y := -160.0
			for y <= 160 {
				for k := range x {
					for r := range x[k] {
						switch k % 4 {
						case 3:
							x[k][r] = float32(rng.IntN(1<<17)-1<<16) / 512
						case 2:
							x[k][r] = math.Nextafter32(float32(y), float32(2*rng.IntN(2)-1)*1000)
						default:
							x[k][r] = float32(y)
						}
					}
					y += 0.25
				}
				var code, w [TileRows * BlockCols]int8
				f.encoder().Codes(code[:], w[:], &x, &s, &inv)
				for k := range x {
					for r, v := range x[k] {
						at := PanelIndex(r, k)
						q := uint8(code[at])
						if f.code != nil {
							q = f.code[q]
						}
						values := f.value[uint8(int8(s[r]))]
						if values[q] != w[at] {
							t.Fatalf("%s: code %d under sub-scale %v is %d, said to be %d", f.encoding, q, s[r], values[q], w[at])
						}
						best, bestDist := int8(0), math.Inf(1)
						for _, c := range values {
							d := math.Abs(float64(c) - float64(v))
							if d < bestDist || d == bestDist && c > best {
								best, bestDist = c, d
							}
						}
						if w[at] != best {
							t.Fatalf("%s: %v goes to %d under sub-scale %v, want %d", f.encoding, v, w[at], s[r], best)
						}
					}
				}
			}
		}
	}
}

func TestGridTables(t *testing.T) {
	for _, f := range []*folded{gaussQ4(), newQ6()} {
		for i, values := range f.value {
			s := max(int(int8(i)), -127)
			for q, v := range values {
				want := floorShift(int(f.base[q])*s+1<<(f.shift-1), int(f.shift))
				if int(v) != want {
					t.Fatalf("%s: code %d under sub-scale %d is %d, want %d", f.encoding, q, s, v, want)
				}
			}
		}
	}
}

// The search adds up what the chosen sub-scale's values leave, but for weights
// within ½ of a midpoint, which it may take for those beyond.
func TestScaleError(t *testing.T) {
	f := gaussQ4()
	w := gauss(TileRows*BlockCols, 3)
	var x asm.Block
	var want, inv, s, sum asm.Lanes
	var imp [BlockCols]float32
	for k := range x {
		copy(x[k][:], w[k*TileRows:])
		imp[k] = float32(k) / 8
	}
	for r := range want {
		want[r], inv[r] = 0.0005, 1200
	}
	f.encoder().Scale(&s, &sum, &x, &imp, &want, &inv, 5)
	for r, v := range s {
		exact := 0.0
		for k := range x {
			best := math.Inf(1)
			for _, c := range f.value[uint8(int8(v))] {
				best = min(best, math.Abs(float64(x[k][r])*1200-float64(c)))
			}
			exact += float64(imp[k]) * best * best
		}
		if got := float64(sum[r]); got < exact*(1-1e-5) || got > exact*1.05 {
			t.Errorf("row %d, sub-scale %v: error %v, want %v or a little more", r, v, got, exact)
		}
		if first := 0.0005 * 128 * 1200; math.Abs(float64(v)-first) > 2.5 {
			t.Errorf("row %d: sub-scale %v, not about %v", r, v, first)
		}
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
		x := formats.WidenBF16(uint16(h))
		if x != x || math.IsInf(float64(x), 0) {
			continue
		}
		if got := formats.RoundBF16(x); got != uint16(h) {
			t.Fatalf("%#04x becomes %#04x", h, got)
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
