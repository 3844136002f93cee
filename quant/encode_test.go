package quant

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"llada/formats"
)

// yielded is Rows that nothing holds in memory as bytes.
type yielded struct {
	x    []float32
	cols int
}

func (y yielded) Rows() int { return len(y.x) / y.cols }

func (y yielded) Cols() int { return y.cols }

func (y yielded) Float32(dst []float32, row, n int) error {
	copy(dst, y.x[row*y.cols:(row+n)*y.cols])
	return nil
}

// memory is the same numbers as bytes.
func (y yielded) memory(t testing.TB, e formats.Encoding) Memory {
	t.Helper()
	m := Memory{formats.Tensor{Info: formats.Info{Name: "w", Encoding: e, Shape: []int{y.Rows(), y.cols}}}}
	m.Data = make([]byte, m.Elements()*int64(e.ElementBytes()))
	if err := formats.EncodeFloat32(m.Data, y.x, e); err != nil {
		t.Fatal(err)
	}
	return m
}

func matrixOf(rows, cols int) yielded {
	w := gauss(rows*cols, 21)
	for i, v := range w {
		w[i] = roundBF16(v)
	}
	return yielded{w, cols}
}

var every = append([]formats.Encoding{formats.F32, formats.BF16}, quantized...)

// TestEncodeFromEverySource: where the numbers come from changes neither the
// bytes nor the errors, and Measure finds the same errors in the bytes.
func TestEncodeFromEverySource(t *testing.T) {
	for _, shape := range [][2]int{{64, 512}, {19, 300}, {1, 7}} {
		y := matrixOf(shape[0], shape[1])
		for _, e := range every {
			var want bytes.Buffer
			figures, err := Encode(t.Context(), &want, codec(t, e), y, Run{})
			if err != nil {
				t.Fatal(err)
			}
			if size := codec(t, e).Size(shape[0], shape[1]); int64(want.Len()) != size {
				t.Errorf("%v as %s: %d bytes, want %d", shape, e, want.Len(), size)
			}
			for name, from := range map[string]Rows{"f32": y.memory(t, formats.F32), "bf16": y.memory(t, formats.BF16), "rows": y} {
				var got bytes.Buffer
				found, err := Encode(t.Context(), &got, codec(t, e), from, Run{Threads: 3, Memory: 1 << 16})
				if err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) || found != figures {
					t.Errorf("%v as %s from %s: other bytes or errors (%+v, want %+v), error %v", shape, e, name, found, figures, err)
				}
				found, err = Measure(t.Context(), got.Bytes(), codec(t, e), from, Run{Threads: 2})
				if err != nil || found != figures {
					t.Errorf("%v as %s from %s: measured %+v, encoded %+v, error %v", shape, e, name, found, figures, err)
				}
			}
		}
	}
}

func TestSelect(t *testing.T) {
	y := matrixOf(40, 300)
	ids := []int32{39, 0, 17, 17}
	var x []float32
	for _, id := range ids {
		x = append(x, y.x[int(id)*300:(int(id)+1)*300]...)
	}
	for _, from := range []Rows{y, y.memory(t, formats.BF16)} {
		rows, err := Select(from, ids)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range every {
			var got, want bytes.Buffer
			a, err := Encode(t.Context(), &got, codec(t, e), rows, Run{})
			b, err2 := Encode(t.Context(), &want, codec(t, e), yielded{x, 300}, Run{})
			if err != nil || err2 != nil || a != b || !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("%s: selected rows are encoded otherwise: %v, %v", e, err, err2)
			}
		}
	}
	for _, id := range []int32{-1, 40} {
		if _, err := Select(y, []int32{3, id}); err == nil || !strings.Contains(err.Error(), "among 40") {
			t.Errorf("row %d: error %v", id, err)
		}
	}
}

// recorder notes the largest piece that it is given.
type recorder struct{ largest, total int }

func (r *recorder) Write(b []byte) (int, error) {
	r.largest, r.total = max(r.largest, len(b)), r.total+len(b)
	return len(b), nil
}

// TestMemory: a bound keeps the pieces small, down to one group of rows.
func TestMemory(t *testing.T) {
	y := matrixOf(160, 512)
	for _, e := range every {
		c := codec(t, e)
		group := int(c.Size(TileRows, 512))
		for _, k := range []struct {
			memory int64
			want   int
		}{{0, 10 * group}, {int64(8 * 3 * group), 3 * group}, {int64(8*4*group) - 1, 3 * group}, {1, group}} {
			var r recorder
			progress := int64(0)
			_, err := Encode(t.Context(), &r, c, y, Run{Threads: 2, Memory: k.memory, On: func(n int64) { progress += n }})
			if err != nil || r.largest != k.want || r.total != 10*group || progress != int64(r.total) {
				t.Errorf("%s within %d bytes: pieces of %d bytes, want %d; %d in all, %d said; error %v",
					e, k.memory, r.largest, k.want, r.total, progress, err)
			}
		}
	}
}

// TestGuard: all that reads a matrix runs under the guard, on every thread.
func TestGuard(t *testing.T) {
	y := matrixOf(64, 512)
	fault := errors.New("the file has shrunk")
	guard := func(f func() error) (err error) {
		defer func() {
			if recover() != nil {
				err = fault
			}
		}()
		return f()
	}
	gone := y.memory(t, formats.BF16)
	gone.Data = gone.Data[: 40*512*2 : 40*512*2]
	for _, e := range every {
		var data bytes.Buffer
		if _, err := Encode(t.Context(), &data, codec(t, e), y, Run{}); err != nil {
			t.Fatal(err)
		}
		for _, threads := range []int{1, 3} {
			run := Run{Threads: threads, Guard: guard}
			if _, err := Encode(t.Context(), io.Discard, codec(t, e), gone, run); err != fault {
				t.Errorf("encode %s on %d threads: error %v", e, threads, err)
			}
			if _, err := Measure(t.Context(), data.Bytes(), codec(t, e), gone, run); err != fault {
				t.Errorf("measure %s on %d threads: error %v", e, threads, err)
			}
		}
	}
}

func TestNotFinite(t *testing.T) {
	for _, e := range every {
		y := matrixOf(40, 300)
		nan := y.x[0] - y.x[0]
		nan /= nan
		y.x[5], y.x[11999], y.x[6000], y.x[1] = nan, nan, 1/(y.x[0]-y.x[0]), -1/(y.x[0]-y.x[0])
		_, err := Encode(t.Context(), io.Discard, codec(t, e), y, Run{Threads: 2, Memory: 1})
		var bad *NotFinite
		if !errors.As(err, &bad) || *bad != (NotFinite{NaN: 2, Inf: 2, Col: 1}) {
			t.Errorf("%s: error %v", e, err)
		}
	}
	// A number that only its encoding makes infinite.
	y := matrixOf(40, 300)
	y.x[38*300+7], y.x[38*300+9], y.x[39*300] = -math.MaxFloat32, math.MaxFloat32, math.MaxFloat32
	for _, e := range every {
		_, err := Encode(t.Context(), io.Discard, codec(t, e), y, Run{Threads: 2, Memory: 1})
		var bad *NotFinite
		if e == formats.BF16 && (!errors.As(err, &bad) || *bad != (NotFinite{Inf: 3, Row: 38, Col: 7})) || e != formats.BF16 && err != nil {
			t.Errorf("%s: error %v", e, err)
		}
	}
}
