package backendtest

import (
	"fmt"
	"math"
	"strings"

	"llada/formats"
	"llada/runtime/backend"
)

func testLoad(e *env) {
	for _, enc := range encodings {
		m := e.matrix("w", enc, 17, 300)
		if w := e.load(m); !w.Info().Equal(m.Info) {
			e.Errorf("%s: loaded tensor is %+v, want %+v", enc, w.Info(), m.Info)
		}
		short := m.Tensor
		short.Data = short.Data[:len(short.Data)-1]
		if _, err := e.be.Load(short); err == nil || !strings.Contains(err.Error(), "tensor w") {
			e.Errorf("%s: a tensor that lacks a byte loads with error %v", enc, err)
		}
	}
	if _, err := e.be.Load(formats.Tensor{Info: formats.Info{Name: "w", Encoding: "q3", Shape: []int{1, 1}}}); err == nil || !strings.Contains(err.Error(), "q3") {
		e.Errorf("an unknown encoding loads with error %v", err)
	}
	if e.be.Name() == "" {
		e.Error("the backend has no name")
	}
	kv, err := e.be.NewKV(2, 7, 3, 4)
	if err != nil {
		e.Fatal(err)
	}
	if kv.Slots() != 7 {
		e.Errorf("%d slots, want 7", kv.Slots())
	}
}

func testReadWrite(e *env) {
	const rows, cols = 5, 13
	data := e.numbers(rows * cols)
	data[3], data[4] = float32(math.Inf(1)), float32(math.Copysign(0, -1))
	a := e.act(data, rows, cols)
	if a.Rows() != rows || a.Cols() != cols {
		e.Errorf("act is %d×%d, want %d×%d", a.Rows(), a.Cols(), rows, cols)
	}
	e.same("written rows", e.read(a), data)
	row := e.numbers(cols)
	e.be.Write(a, 2, row)
	copy(data[2*cols:], row)
	clear(row) // the backend has its own copy
	e.same("one row rewritten", e.read(a), data)
}

func testEmbed(e *env) {
	for _, enc := range encodings {
		const rows, cols = 37, 300
		m := e.matrix("table", enc, rows, cols)
		ids := []int32{0, 36, 15, 16, 16, 0, 31, 32}
		dst := e.newAct(len(ids), cols)
		e.be.Embed(dst, e.load(m), ids)
		var want []float32
		for _, id := range ids {
			want = append(want, m.values[int(id)*cols:int(id+1)*cols]...)
		}
		e.same(string(enc), e.read(dst), want)
	}
}

func testReplace(e *env) {
	const cols = 70
	for _, enc := range []formats.Encoding{formats.F32, formats.BF16} {
		m := e.matrix("table#rows", enc, 3, cols)
		m.Replaces = []int32{4, 9, 1000}
		ids := []int32{9, 5, 4, 9, 0, 1, 1000}
		data := e.numbers(len(ids) * cols)
		dst := e.act(data, len(ids), cols)
		e.be.Replace(dst, e.load(m), ids)
		for i, id := range ids {
			for j, replaced := range m.Replaces {
				if id == replaced {
					copy(data[i*cols:(i+1)*cols], m.values[j*cols:])
				}
			}
		}
		e.same(string(enc), e.read(dst), data)
	}
}

func testRMSNorm(e *env) {
	const rows, eps = 7, 1e-5
	for _, cols := range []int{1, 15, 16, 64, 300, 1000} {
		for _, enc := range []formats.Encoding{formats.F32, formats.BF16} {
			m := e.matrix("norm", enc, cols)
			x := e.numbers(rows * cols)
			for i := range cols { // rows of other magnitudes, and of zeros
				x[i] *= 1e-4
				x[cols+i] *= 1e4
				x[2*cols+i] = 0
			}
			want := expect(rows * cols)
			for i := range rows {
				sum := 0.0
				for _, v := range x[i*cols : (i+1)*cols] {
					sum += float64(v) * float64(v)
				}
				r := 1 / math.Sqrt(sum/float64(cols)+float64(float32(eps)))
				for k, w := range m.values {
					v := float64(x[i*cols+k]) * r * float64(w)
					want.value[i*cols+k], want.size[i*cols+k] = v, math.Abs(v)
				}
			}
			w, src, dst := e.load(m), e.act(x, rows, cols), e.newAct(rows, cols)
			e.be.RMSNorm(dst, src, w, eps)
			e.compare(fmt.Sprintf("%s, %d columns", enc, cols), e.read(dst), want)
			e.same("the input", e.read(src), x)
			e.be.RMSNorm(src, src, w, eps)
			e.same("in place", e.read(src), e.read(dst))
		}
	}
}

func testGather(e *env) {
	const rows, cols = 6, 33
	data := e.numbers(rows * cols)
	from := []int32{5, 0, 0, 3, 5, 1, 2, 4, 5}
	dst := e.newAct(len(from), cols)
	e.be.Gather(dst, e.act(data, rows, cols), from)
	var want []float32
	for _, r := range from {
		want = append(want, data[int(r)*cols:int(r+1)*cols]...)
	}
	e.same("gather", e.read(dst), want)
}

func testRotate(e *env) {
	pos := []int32{3, 0, 1, 4095, 17, 17, 2}
	for _, c := range []struct {
		heads, dim int
		rope       backend.Rope
	}{
		{1, 2, backend.Rope{Theta: 10000, Dims: 2}},
		{3, 16, backend.Rope{Theta: 500000, Dims: 16}},
		{2, 24, backend.Rope{Theta: 10000, Dims: 8}},
		{3, 16, backend.Rope{Theta: 500000, Dims: 16}}, // the first again
	} {
		cols, half := c.heads*c.dim, c.rope.Dims/2
		x := e.numbers(len(pos) * cols)
		want := expect(len(x))
		for i, v := range x {
			want.value[i], want.size[i] = float64(v), 0
		}
		for i, p := range pos {
			for h := range c.heads {
				for j := range half {
					// The angle is a product of float32 numbers, rounded: part of
					// the definition, because checkpoints are trained with it.
					f := float32(math.Pow(c.rope.Theta, -2*float64(j)/float64(c.rope.Dims)))
					sin, cos := math.Sincos(float64(float32(p) * f))
					at := i*cols + h*c.dim + j
					a, b := float64(x[at]), float64(x[at+half])
					want.value[at], want.value[at+half] = a*cos-b*sin, b*cos+a*sin
					want.size[at] = math.Abs(a) + math.Abs(b)
					want.size[at+half] = want.size[at]
				}
			}
		}
		a := e.act(x, len(pos), cols)
		e.be.Rotate(a, c.heads, pos, c.rope)
		e.compare(fmt.Sprintf("%d heads of %d, %+v", c.heads, c.dim, c.rope), e.read(a), want)
	}
}
