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
		if _, err := e.be.Load(e.Context(), short); err == nil || !strings.Contains(err.Error(), "tensor w") {
			e.Errorf("%s: a tensor that lacks a byte loads with error %v", enc, err)
		}
	}
	if _, err := e.be.Load(e.Context(), formats.Tensor{Info: formats.Info{Name: "w", Encoding: "q3", Shape: []int{1, 1}}}); err == nil || !strings.Contains(err.Error(), "q3") {
		e.Errorf("an unknown encoding loads with error %v", err)
	}
	if e.be.Name() == "" {
		e.Error("the backend has no name")
	}
	spec := backend.KVSpec{Layers: 2, Slots: 7, Heads: 3, Dim: 4, Encoding: backend.KVF32}
	kv, err := e.be.NewKV(spec)
	if err != nil {
		e.Fatal(err)
	}
	if kv.Spec() != spec {
		e.Errorf("keys and values are %+v, want %+v", kv.Spec(), spec)
	}
	spec.Encoding = "int3"
	if _, err := e.be.NewKV(spec); err == nil || !strings.Contains(err.Error(), "int3") {
		e.Errorf("keys of an unknown encoding: error %v", err)
	}
	m := e.matrix("w", formats.Q8, 17, 300)
	for name, c := range map[string]matrix{
		"another tensor's":      e.exactRows(e.matrix("v", formats.F32, 17, 300), 1),
		"of another width":      e.exactRows(e.matrix("w", formats.F32, 17, 299), 1),
		"of rows there are not": e.exactRows(m, 3, 17),
		"out of order":          e.exactRows(m, 3, 1),
		"of a row twice":        e.exactRows(m, 3, 3),
		"of a negative row":     e.exactRows(m, -1, 3),
		"of an unknown kind":    e.matrix("w#cols", formats.BF16, 17, 300),
	} {
		if _, err := e.be.Load(e.Context(), m.Tensor, c.Tensor); err == nil || !strings.Contains(err.Error(), c.Name) {
			e.Errorf("a companion %s: error %v", name, err)
		}
	}
	if _, err := e.be.Load(e.Context(), m.Tensor, e.exactRows(m, 4).Tensor, e.exactRows(m, 5).Tensor); err == nil || !strings.Contains(err.Error(), m.Name+formats.RowsSuffix) {
		e.Errorf("a second companion of a kind: error %v", err)
	}
	act := e.newAct(3, 5)
	for _, c := range []interface{ Close() error }{e.load(m, e.exactRows(m, 4)), act, kv} {
		if err := c.Close(); err != nil {
			e.Errorf("close: %v", err)
		}
	}
}

func testReadWrite(e *env) {
	const rows, cols = 5, 13
	data := e.numbers(rows * cols)
	data[3], data[4] = float32(math.Inf(1)), float32(math.Copysign(0, -1))
	a := e.newAct(rows+2, cols)
	if a.Rows() != 0 {
		e.Errorf("an act has %d rows before anything is written", a.Rows())
	}
	write := func(row int, src []float32) {
		if err := e.be.Write(e.Context(), a, row, cols, src); err != nil {
			e.Fatal(err)
		}
	}
	write(0, data[:2*cols])
	write(2, data[2*cols:])
	if a.Rows() != rows || a.Cols() != cols {
		e.Errorf("act is %d×%d, want %d×%d", a.Rows(), a.Cols(), rows, cols)
	}
	e.same("written rows", e.read(a), data)
	two := e.numbers(2 * cols)
	write(2, two)
	copy(data[2*cols:], two)
	clear(two) // the backend has its own copy
	e.same("two rows rewritten", e.read(a), data)
	some := make([]float32, 2*cols)
	if err := e.be.Read(e.Context(), some, a, 1); err != nil {
		e.Fatal(err)
	}
	e.same("rows from the second on", some, data[cols:3*cols])
}

func testEmbed(e *env) {
	for _, enc := range encodings {
		const rows, cols = 37, 300
		m := e.matrix("table", enc, rows, cols)
		ids := []int32{0, 36, 15, 16, 16, 0, 31, 32}
		dst, table := e.newAct(len(ids), cols), e.load(m)
		e.pass(backend.Pass{IDs: ids}, func() { e.be.Embed(dst, table) })
		var want []float32
		for _, id := range ids {
			want = append(want, m.values[int(id)*cols:int(id+1)*cols]...)
		}
		e.same(string(enc), e.read(dst), want)
	}
}

func testEmbedExactRows(e *env) {
	const cols = 70
	for _, enc := range encodings {
		m := e.matrix("table", enc, 50, cols)
		c := e.exactRows(m, 4, 9, 49)
		ids := []int32{9, 5, 4, 9, 0, 1, 49}
		dst, table := e.newAct(len(ids), cols), e.load(m, c)
		e.pass(backend.Pass{IDs: ids}, func() { e.be.Embed(dst, table) })
		var want []float32
		for _, id := range ids {
			from, row := m.values, int(id)
			for j, replaced := range c.Replaces {
				if id == replaced {
					from, row = c.values, j
				}
			}
			want = append(want, from[row*cols:(row+1)*cols]...)
		}
		e.same(string(enc), e.read(dst), want)
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
			e.pass(backend.Pass{}, func() { e.be.RMSNorm(dst, src, w, eps) })
			e.compare(fmt.Sprintf("%s, %d columns", enc, cols), e.read(dst), want)
			e.same("the input", e.read(src), x)
			e.pass(backend.Pass{}, func() { e.be.RMSNorm(src, src, w, eps) })
			e.same("in place", e.read(src), e.read(dst))
		}
	}
}

// testRMSNormHeads: every head is normalized as a row of its own.
func testRMSNormHeads(e *env) {
	const rows, heads, dim = 5, 3, 20
	x := e.numbers(rows * heads * dim)
	w := e.load(e.matrix("norm", formats.F32, dim))
	whole, apart := e.act(x, rows, heads*dim), e.act(x, rows*heads, dim)
	e.pass(backend.Pass{}, func() {
		e.be.RMSNorm(whole, whole, w, 1e-6)
		e.be.RMSNorm(apart, apart, w, 1e-6)
	})
	if whole.Rows() != rows {
		e.Fatalf("%d rows, want %d", whole.Rows(), rows)
	}
	e.same("heads", e.read(whole), e.read(apart))
}

func testBias(e *env) {
	const rows, cols = 4, 37
	for _, enc := range []formats.Encoding{formats.F32, formats.BF16} {
		m := e.matrix("bias", enc, cols)
		x := e.numbers(rows * cols)
		a, b := e.act(x, rows, cols), e.load(m)
		e.pass(backend.Pass{}, func() { e.be.Bias(a, b) })
		for i := range x {
			x[i] += m.values[i%cols]
		}
		e.same(string(enc), e.read(a), x)
	}
}

func testAsked(e *env) {
	const rows, cols = 6, 33
	data := e.numbers(rows * cols)
	from := []int32{5, 0, 0, 3, 5, 1, 2, 4, 5}
	dst, x := e.newAct(len(from), cols), e.act(data, rows, cols)
	e.pass(backend.Pass{Asked: from}, func() { e.be.Asked(dst, x) })
	var want []float32
	for _, r := range from {
		want = append(want, data[int(r)*cols:int(r+1)*cols]...)
	}
	e.same("asked", e.read(dst), want)
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
		{2, 24, backend.Rope{Theta: 10000, Dims: 12}},
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
		e.pass(backend.Pass{Pos: pos}, func() { e.be.Rotate(a, c.heads, c.rope) })
		e.compare(fmt.Sprintf("%d heads of %d, %+v", c.heads, c.dim, c.rope), e.read(a), want)
	}
}
