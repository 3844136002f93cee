package quant

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestActsRounding(t *testing.T) {
	x := make([]float32, 128)
	copy(x, []float32{127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 126.5, -126.5, -127})
	want := []int8{127, 0, 2, 2, 0, -2, -2, 0, 126, -126, -127}
	var a Acts
	a.Reset(1, 128)
	a.SetRow(0, x)
	q, scale := a.Row(0)
	if scale[0] != 1 || scale[1] != 0 {
		t.Fatalf("scales %v, want [1 0]", scale)
	}
	for i, v := range want {
		if q[i] != v {
			t.Errorf("%v becomes %d, want %d", x[i], q[i], v)
		}
	}
}

func TestActsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 4).Draw(t, "rows"), rapid.IntRange(1, 600).Draw(t, "cols")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		scale := math.Pow(10, rapid.Float64Range(-30, 30).Draw(t, "magnitude"))
		var a Acts
		a.Q = make([]int8, 5000) // what an earlier use left behind
		for i := range a.Q {
			a.Q[i] = 99
		}
		a.Reset(rows, cols)
		if a.Cols%TileCols != 0 || a.Cols < cols || a.Cols >= cols+TileCols {
			t.Fatalf("%d columns are padded to %d", cols, a.Cols)
		}
		for i := range rows {
			x := make([]float32, cols)
			for k := range x {
				x[k] = float32(rng.NormFloat64() * scale)
			}
			a.SetRow(i, x)
			q, s := a.Row(i)
			for k, v := range q {
				g := k / GroupCols
				if k >= cols {
					if v != 0 {
						t.Fatalf("padding column %d holds %d", k, v)
					}
					continue
				}
				most := absMax(x[g*GroupCols : min((g+1)*GroupCols, cols)])
				if s[g] != most/127 {
					t.Fatalf("scale %v for a greatest value of %v", s[g], most)
				}
				if v == -128 {
					t.Fatal("−128 occurs")
				}
				if diff := math.Abs(float64(x[k]) - float64(s[g])*float64(v)); diff > 0.50001*float64(s[g]) {
					t.Fatalf("%v becomes %d·%v", x[k], v, s[g])
				}
				if float32(math.Abs(float64(x[k]))) == most && v != 127 && v != -127 {
					t.Fatalf("the greatest value becomes %d", v)
				}
			}
			for g := (cols + GroupCols - 1) / GroupCols; g < len(s); g++ {
				if s[g] != 0 {
					t.Fatalf("padding group %d has scale %v", g, s[g])
				}
			}
		}
	})
}

func TestActsOfZerosAndDenormals(t *testing.T) {
	x := make([]float32, 256)
	for i := range 128 {
		x[i] = 1e-44
	}
	var a Acts
	a.Reset(1, 256)
	a.SetRow(0, x)
	q, s := a.Row(0)
	for i, v := range q {
		if v != 0 {
			t.Fatalf("column %d is %d", i, v)
		}
	}
	if s[0] != 0 || s[1] != 0 {
		t.Errorf("scales %v, want zeros", s)
	}
}

// Dot is the product of what both sides decode to, up to float32 roundings.
func TestDotAgreesWithDecodedRows(t *testing.T) {
	for _, e := range quantized {
		c := codec(t, e).(Quantized)
		for _, s := range []struct{ rows, cols int }{{1, 1}, {16, 256}, {19, 300}, {33, 1000}} {
			w, x := gauss(s.rows*s.cols, 31), heavy(3*s.cols, 32)
			data := encode(c, w, s.rows, s.cols, nil)
			var a Acts
			a.Reset(3, s.cols)
			row := make([]float32, s.cols)
			for i := range 3 {
				a.SetRow(i, x[i*s.cols:(i+1)*s.cols])
				q, scale := a.Row(i)
				for r := range s.rows {
					c.DecodeRow(row, data, s.cols, r)
					var sum, size float64
					for k, v := range row {
						p := float64(v) * float64(q[k]) * float64(scale[k/GroupCols])
						sum += p
						size += math.Abs(p)
					}
					if got := float64(Dot(c, data, r, &a, i)); math.Abs(got-sum) > 1e-6*size {
						t.Errorf("%s, %d×%d: row %d: %v, want %v", e, s.rows, s.cols, r, got, sum)
					}
				}
			}
		}
	}
}

// With scales of 1 nothing rounds: Dot is the integer product.
func TestDotIsExactInIntegers(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for name, draw := range map[string]func() int8{
		"random":  func() int8 { return int8(rng.IntN(255) - 127) },
		"largest": func() int8 { return 127 },
		"mixed":   func() int8 { return int8(254*rng.IntN(2) - 127) },
	} {
		tile := make([]byte, Q8TileBytes)
		for i := range Groups * TileRows {
			putBF16(tile[2*i:], 1)
		}
		var a Acts
		a.Reset(1, TileCols)
		q, s := a.Row(0)
		s[0], s[1] = 1, 1
		for k := range q {
			q[k] = draw()
		}
		for i := 64; i < len(tile); i++ {
			tile[i] = byte(draw())
		}
		for r := range TileRows {
			want := 0
			for k := range TileCols {
				want += int(int8(tile[64+64*(k/4)+4*r+k%4])) * int(q[k])
			}
			if got := Dot(Q8{}, tile, r, &a, 0); got != float32(want) {
				t.Errorf("%s: row %d: %v, want %d", name, r, got, want)
			}
		}
	}
}

// A group that is not finite has no scale, whatever else is in it.
func TestActsNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, x := range [][]float32{{nan}, {inf}, {-inf}, {1, nan, 2}, {nan, inf}, {-inf, 0, 3}, {nan, 1e-35}} {
		q := make([]int8, len(x))
		if scale := Int8(q, x); scale == scale {
			t.Errorf("%v has the scale %v", x, scale)
		}
	}
	var a Acts
	a.Reset(1, 300)
	x := make([]float32, 300)
	x[130] = -inf
	a.SetRow(0, x)
	if _, scale := a.Row(0); scale[0] != 0 || scale[1] == scale[1] || scale[2] != 0 || scale[3] != 0 {
		t.Errorf("scales %v, want NaN for the second group alone", scale)
	}
}
