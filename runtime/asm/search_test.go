package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// columnKinds are what weights may look like.
var columnKinds = []struct {
	name string
	draw func(rng *rand.Rand, k, r int) float32
}{
	{"gauss", func(rng *rand.Rand, k, r int) float32 { return float32(rng.NormFloat64()) * 0.02 }},
	{"zeros", func(rng *rand.Rand, k, r int) float32 { return 0 }},
	{"signed zeros", func(rng *rand.Rand, k, r int) float32 { return float32(math.Copysign(0, rng.Float64()-0.5)) }},
	{"one weight", func(rng *rand.Rand, k, r int) float32 { return float32(bit(k == 16*r)) * 0.3 }},
	{"equal", func(rng *rand.Rand, k, r int) float32 { return -0.25 }},
	{"few values", func(rng *rand.Rand, k, r int) float32 { return float32(rng.IntN(9)-4) / 8 }},
	{"midpoints", func(rng *rand.Rand, k, r int) float32 { return float32(rng.IntN(255)-127) / 2 }},
	{"outlier", func(rng *rand.Rand, k, r int) float32 {
		if k == 100+r {
			return 1e6
		}
		return float32(rng.NormFloat64())
	}},
	{"every magnitude", func(rng *rand.Rand, k, r int) float32 {
		return float32(rng.NormFloat64() * math.Pow(10, float64(rng.IntN(66)-38)))
	}},
	{"a magnitude per row", func(rng *rand.Rand, k, r int) float32 {
		return float32(rng.NormFloat64() * math.Pow(10, float64(4*r-36)))
	}},
	{"bfloat16 ties", func(rng *rand.Rand, k, r int) float32 { // where q8 rounds its first scale
		if k%GroupCols == 5*r {
			return 127 * (1 + float32(2*r+1)/256)
		}
		return float32(rng.IntN(127) - 63)
	}},
	{"halves", func(rng *rand.Rand, k, r int) float32 { // q8 with a scale of 2 fits all but one column
		switch k % GroupCols {
		case 0:
			return 254
		case 7:
			return float32(4*(rng.IntN(120)-60) + 1)
		}
		return float32(2 * (rng.IntN(255) - 127))
	}},
	{"near negligible", func(rng *rand.Rand, k, r int) float32 { return float32(rng.IntN(5)-2) * (negligible / 2) }},
	{"subnormal", func(rng *rand.Rand, k, r int) float32 { return float32(rng.IntN(999)) * 1e-45 }},
	{"large", func(rng *rand.Rand, k, r int) float32 { return float32(rng.NormFloat64()) * 0x1p93 }},
	{"largest", func(rng *rand.Rand, k, r int) float32 { return float32(1-2*rng.IntN(2)) * 0x1p96 }},
	{"quiet blocks", func(rng *rand.Rand, k, r int) float32 {
		return float32(rng.NormFloat64()) * float32(math.Pow(4, float64(-k/BlockCols)))
	}},
}

var importances = map[string]func(rng *rand.Rand, k int) float32{
	"one":    func(rng *rand.Rand, k int) float32 { return 1 },
	"zero":   func(rng *rand.Rand, k int) float32 { return 0 },
	"random": func(rng *rand.Rand, k int) float32 { return float32(math.Exp(2 * rng.NormFloat64())) },
	"sparse": func(rng *rand.Rand, k int) float32 { return float32(bit(rng.IntN(40) == 0)) * 0x1p16 },
}

// grids are a table and a uniform grid with free searches like those in use.
func grids() map[string]*Grid {
	six := make([]int8, 64)
	for i := range six {
		six[i] = int8(i - 32)
	}
	leads := []float32{54 * 0.8, -63 * 0.8, 54, -63, 54 * 1.25, -63 * 1.25}
	return map[string]*Grid{
		"table":    NewGrid([]int8{-63, -51, -41, -31, -24, -17, -11, -5, 1, 6, 12, 18, 25, 33, 43, 54}, 7, leads),
		"close":    NewGrid([]int8{-64, -9, -8, -7, -6, -5, -2, -1, 0, 1, 2, 3, 9, 10, 63, 64}, 7, leads),
		"repeated": NewGrid([]int8{-50, -50, -50, -50, -50, -50, -17, -11, -5, 1, 6, 12, 18, 25, 33, 43}, 7, leads),
		"uniform":  NewGrid(six, 5, []float32{31, -32, 32, -33}),
	}
}

// eachKind runs f on columns of every kind with every importance; f returns what
// was computed, which every tier must agree on to the bit.
func eachKind(t *testing.T, kernel string, f func(x *Columns, imp *[PanelCols]float32) []float32) {
	want := map[string][]float32{}
	all(t, kernel, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(12, 3))
		for _, kind := range columnKinds {
			for _, name := range []string{"one", "zero", "random", "sparse"} {
				var x Columns
				var imp [PanelCols]float32
				for k := range x {
					imp[k] = importances[name](rng, k)
					for r := range x[k] {
						x[k][r] = kind.draw(rng, k, r)
					}
				}
				got := f(&x, &imp)
				key := kind.name + ", importance " + name
				if want[key] == nil {
					want[key] = got
				}
				for i, v := range got {
					if math.Float32bits(v) != math.Float32bits(want[key][i]) {
						t.Errorf("%s: result %d of %d is %v, the definition's %v", key, i, len(got), v, want[key][i])
						break
					}
				}
			}
		}
	})
}

func importance(imp *[PanelCols]float32, b int) *[BlockCols]float32 {
	return (*[BlockCols]float32)(imp[b*BlockCols:])
}

// scales are factors of each row: those that map its extreme to about most.
func scales(x *Columns, most float32) (inv Lanes) {
	for r := range inv {
		m := float32(0)
		for k := range x {
			m = max(m, x[k][r], -x[k][r])
		}
		if m >= negligible {
			inv[r] = most / m
		}
	}
	return inv
}

func TestFree(t *testing.T) {
	for name, g := range grids() {
		eachKind(t, name, func(x *Columns, imp *[PanelCols]float32) (out []float32) {
			for b := range PanelCols / BlockCols {
				want := Lanes{1, 2, 3}
				g.Free(&want, x.Block(b), importance(imp, b))
				out = append(out, want[:]...)
			}
			return out
		})
	}
}

func TestScale(t *testing.T) {
	for name, g := range grids() {
		for tries, most := range map[int]float32{1: 120, 3: 31.75, 7: 120} {
			eachKind(t, fmt.Sprintf("%s/%d", name, tries), func(x *Columns, imp *[PanelCols]float32) (out []float32) {
				inv := scales(x, most)
				for b := range PanelCols / BlockCols {
					var s, want Lanes
					sum := Lanes{0, 1, 2}
					g.Free(&want, x.Block(b), importance(imp, b))
					want[5], want[6] = -2*want[5], 1e-3*want[6]
					if inv[7] > 0 {
						want[7] = 0.5 / inv[7] // tries 16, with midpoints on those of a uniform grid
					}
					g.Scale(&s, &sum, x.Block(b), importance(imp, b), &want, &inv, tries)
					out = append(append(out, s[:]...), sum[:]...)
				}
				return out
			})
		}
	}
}

// subScales are some of every size.
func subScales(b int) (s Lanes) {
	for r := range s {
		s[r] = float32((61*b+17*r)%255 - 127)
	}
	s[b], s[b+1] = 0, float32(1-b%2*2)
	return s
}

func TestFit(t *testing.T) {
	for name, g := range grids() {
		for _, most := range []float32{63.5, 100} {
			eachKind(t, fmt.Sprintf("%s/%v", name, most), func(x *Columns, imp *[PanelCols]float32) (out []float32) {
				inv := scales(x, most)
				sums := [2]Lanes{{1, -1}, {2, 3}}
				for b := range PanelCols / BlockCols {
					s := subScales(b)
					g.Fit(&sums, x.Block(b), importance(imp, b), &s, &inv)
					out = append(append(out, sums[0][:]...), sums[1][:]...)
				}
				return out
			})
		}
	}
}

func TestCodes(t *testing.T) {
	for name, g := range grids() {
		for _, most := range []float32{63.5 / 32, 63.5, 250} {
			eachKind(t, fmt.Sprintf("%s/%v", name, most), func(x *Columns, imp *[PanelCols]float32) (out []float32) {
				inv := scales(x, most)
				var code, w Panel
				for b := range PanelCols / BlockCols {
					s := subScales(b)
					at := b * BlockCols * PanelRows
					g.Codes(code[at:], w[at:], x.Block(b), &s, &inv)
				}
				for i := range code {
					out = append(out, float32(code[i]), float32(w[i]))
				}
				return out
			})
		}
	}
}

func TestSearchQ8(t *testing.T) {
	eachKind(t, "q8", func(x *Columns, imp *[PanelCols]float32) (out []float32) {
		for g := range halves {
			var w [PanelRows * GroupCols]int8
			var d Lanes
			SearchQ8(w[:], &d, x.Group(g), (*[GroupCols]float32)(imp[g*GroupCols:]))
			out = append(out, d[:]...)
			for _, v := range w {
				out = append(out, float32(v))
			}
		}
		return out
	})
}

func TestErrorSums(t *testing.T) {
	for _, columns := range []int{0, 4, 124, 128, 132, 252, 256} {
		eachKind(t, fmt.Sprint(columns), func(x *Columns, imp *[PanelCols]float32) (out []float32) {
			rng := rand.New(rand.NewPCG(1, uint64(columns)))
			d := [halves]Lanes{scales(x, 1.0/127), scales(x, 1.0/100)}
			for g := range d {
				for r, v := range d[g] {
					if v > 0 {
						d[g][r] = 1.0 / 127 / v
					}
				}
			}
			var w Panel
			for i := range w {
				w[i] = int8(rng.IntN(256) - 128)
			}
			sums := ErrorSums{Signal: [PanelRows]float64{1, 2}, Most: [PanelRows]float64{3: 1e-3}}
			sums.Add(x, &w, &d, columns)
			sums.Add(x, &w, &d, columns)
			for r := range PanelRows {
				for _, v := range []float64{sums.Signal[r], sums.Noise[r], sums.Most[r]} {
					u := math.Float64bits(v)
					out = append(out, math.Float32frombits(uint32(u)&0x3fffffff), math.Float32frombits(uint32(u>>32)&0x3fffffff), float32(v))
				}
			}
			return out
		})
	}
}

// Turning moves every number, whatever its bits, and finds the greatest
// magnitude.
func TestTurn(t *testing.T) {
	all(t, "read columns", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 5))
		for _, stride := range []int{PanelCols, 301, 4096} {
			for range 20 {
				bits := make([]uint32, (PanelRows-1)*stride+PanelCols)
				x := make([]float32, len(bits))
				data := make([]byte, 2*len(bits)+1)[1:]
				limit := uint32(0xffffffff) >> rng.IntN(12)
				for i := range bits {
					bits[i] = rng.Uint32() & limit << 16
					x[i] = math.Float32frombits(bits[i])
					data[2*i], data[2*i+1] = byte(bits[i]>>16), byte(bits[i]>>24)
				}
				want := uint32(0)
				var a, b Columns
				found, foundBF16 := ReadColumns(&a, x, stride), ReadColumnsBF16(&b, data, stride)
				for r := range PanelRows {
					for k := range PanelCols {
						v := bits[r*stride+k]
						want = max(want, v&0x7fffffff)
						if math.Float32bits(a[k][r]) != v || math.Float32bits(b[k][r]) != v {
							t.Fatalf("row %d, column %d of stride %d: %08x and %08x, want %08x", r, k, stride,
								math.Float32bits(a[k][r]), math.Float32bits(b[k][r]), v)
						}
					}
				}
				if found != want || foundBF16 != want {
					t.Fatalf("greatest magnitude %08x and %08x, want %08x", found, foundBF16, want)
				}
			}
		}
	})
}

func TestSearchPanics(t *testing.T) {
	g := grids()["table"]
	for _, c := range []struct {
		name, want string
		call       func()
	}{
		{"read columns, rows", "short rows", func() { ReadColumns(new(Columns), make([]float32, 4095), 256) }},
		{"read columns, stride", "short rows", func() { ReadColumns(new(Columns), make([]float32, 4096), 255) }},
		{"read columns, bytes", "short rows", func() { ReadColumnsBF16(new(Columns), make([]byte, 8191), 256) }},
		{"columns", "no such columns", func() { new(ErrorSums).Add(new(Columns), new(Panel), new([halves]Lanes), 6) }},
		{"q8", "short output", func() { SearchQ8(make([]int8, 2047), new(Lanes), new(Group), new([GroupCols]float32)) }},
		{"codes", "short output", func() {
			g.Codes(make([]int8, 511), make([]int8, 512), new(Block), new(Lanes), new(Lanes))
		}},
		{"tries", "no such number of tries", func() {
			g.Scale(new(Lanes), new(Lanes), new(Block), new([BlockCols]float32), new(Lanes), new(Lanes), 8)
		}},
		{"grid", "neither 16 values nor", func() { NewGrid([]int8{1, 3}, 7, nil) }},
	} {
		mustPanic(t, c.name, c.want, c.call)
	}
}
