package backendtest

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"llada/formats"
	"llada/quant"
	"llada/runtime/backend"
)

// Options say what a backend promises.
type Options struct {
	// Exact: quantized weights meet float32 activations, not int8 ones.
	Exact bool
	// BF16: weights of bf16 meet activations rounded to bf16.
	BF16 bool
	// BitExact: without Exact, products of quantized weights equal quant.Dot to
	// the bit. Otherwise they are within Tolerance of it.
	BitExact bool
	// Tolerance of float results, relative to the sum of the magnitudes that
	// went into them. 0 means 1e-5.
	Tolerance float64
}

// Run tests the backends that open returns, one per part of the suite. The
// suite closes them.
func Run(t *testing.T, open func(t *testing.T) backend.Backend, o Options) {
	if o.Tolerance == 0 {
		o.Tolerance = 1e-5
	}
	for _, part := range []struct {
		name string
		run  func(e *env)
	}{
		{"Load", testLoad},
		{"ReadWrite", testReadWrite},
		{"Embed", testEmbed},
		{"EmbedExactRows", testEmbedExactRows},
		{"RMSNorm", testRMSNorm},
		{"RMSNormHeads", testRMSNormHeads},
		{"Bias", testBias},
		{"Asked", testAsked},
		{"Rotate", testRotate},
		{"Linear", testLinear},
		{"LinearShared", testLinearShared},
		{"LinearExactRows", testLinearExactRows},
		{"LinearAdd", testLinearAdd},
		{"Gated", testGated},
		{"Attend", testAttend},
		{"AttendRanges", testAttendRanges},
		{"AttendLayers", testAttendLayers},
		{"AttendEncodings", testAttendEncodings},
		{"HeadLogits", testHeadLogits},
		{"HeadTargets", testHeadTargets},
		{"HeadPicks", testHeadPicks},
		{"HeadGuided", testHeadGuided},
		{"HeadSeveral", testHeadSeveral},
		{"HeadRefuses", testHeadRefuses},
		{"NotFiniteNorm", testNotFiniteNorm},
		{"NotFiniteVectors", testNotFiniteVectors},
		{"NotFiniteProducts", testNotFiniteProducts},
		{"NotFiniteAttention", testNotFiniteAttention},
		{"NotFiniteHead", testNotFiniteHead},
		{"PassCopies", testPassCopies},
		{"PassCopiesSpans", testPassCopiesSpans},
		{"PassCancelled", testPassCancelled},
		{"SameBits", testSameBits},
	} {
		t.Run(part.name, func(t *testing.T) {
			e := &env{T: t, be: open(t), o: o, rng: rand.New(rand.NewPCG(20, 26))}
			part.run(e)
			if err := e.be.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

// env is what a part of the suite works with. Failures to allocate or load end
// the test.
type env struct {
	*testing.T
	be  backend.Backend
	o   Options
	rng *rand.Rand
}

var encodings = []formats.Encoding{formats.F32, formats.BF16, formats.Q8, formats.Q6, formats.Q4}

// matrix is a tensor with the numbers it decodes to, [rows][cols].
type matrix struct {
	formats.Tensor
	codec  quant.Codec
	values []float32
}

func (e *env) numbers(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(e.rng.NormFloat64())
	}
	return x
}

// matrix makes a random tensor; shape is [rows, cols] or, for a vector, [cols].
func (e *env) matrix(name string, enc formats.Encoding, shape ...int) matrix {
	e.Helper()
	c, err := quant.Default(enc)
	if err != nil {
		e.Fatal(err)
	}
	m := matrix{codec: c}
	m.Name, m.Encoding, m.Shape = name, enc, shape
	if enc == formats.Q4 {
		m.Codebook = quant.GaussCodebook[:]
	}
	m.Data, m.values = encoded(c, e.numbers(m.Rows()*m.Cols()), m.Rows(), m.Cols())
	m.Size = int64(len(m.Data))
	return m
}

// known are the matrices that have been encoded: every backend meets the same, and
// under emulation encoding them takes most of the time.
var known sync.Map // by encoding, shape and numbers

// encoded is w, [rows][cols], as bytes and as what they decode to.
func encoded(c quant.Codec, w []float32, rows, cols int) ([]byte, []float32) {
	raw := make([]byte, 4*len(w))
	if err := formats.EncodeFloat32(raw, w, formats.F32); err != nil {
		panic(err)
	}
	type matrix struct {
		data   []byte
		values []float32
	}
	key := fmt.Sprint(c.Encoding(), rows, cols) + string(raw)
	if m, ok := known.Load(key); ok {
		return m.(matrix).data, m.(matrix).values
	}
	var buf bytes.Buffer
	plain := formats.Tensor{Info: formats.Info{Encoding: formats.F32, Shape: []int{rows, cols}}, Data: raw}
	if _, err := quant.Encode(context.Background(), &buf, c, quant.Memory{Tensor: plain}, quant.Run{Threads: 1}); err != nil {
		panic(err)
	}
	data, values := buf.Bytes(), make([]float32, rows*cols)
	for r := range rows {
		c.DecodeRow(values[r*cols:(r+1)*cols], data, cols, r)
	}
	known.Store(key, matrix{data, values})
	return data, values
}

func (e *env) load(m matrix, companions ...matrix) backend.Weight {
	e.Helper()
	var list []formats.Tensor
	for _, c := range companions {
		list = append(list, c.Tensor)
	}
	w, err := e.be.Load(e.Context(), m.Tensor, list...)
	if err != nil {
		e.Fatalf("load: %v", err)
	}
	return w
}

// exactRows makes a companion of m with the given rows.
func (e *env) exactRows(m matrix, rows ...int32) matrix {
	c := e.matrix(m.Name+formats.RowsSuffix, formats.BF16, len(rows), m.Cols())
	c.Replaces = rows
	return c
}

func (e *env) newAct(rows, cols int) backend.Act {
	e.Helper()
	a, err := e.be.NewAct(rows, cols)
	if err != nil {
		e.Fatalf("new act: %v", err)
	}
	return a
}

// act puts data, [rows][cols], on the device.
func (e *env) act(data []float32, rows, cols int) backend.Act {
	e.Helper()
	a := e.newAct(rows, cols)
	if err := e.be.Write(e.Context(), a, 0, cols, data[:rows*cols]); err != nil {
		e.Fatalf("write: %v", err)
	}
	return a
}

// read takes all rows from the device.
func (e *env) read(a backend.Act) []float32 {
	e.Helper()
	out := make([]float32, a.Rows()*a.Cols())
	if err := e.be.Read(e.Context(), out, a, 0); err != nil {
		e.Fatalf("read: %v", err)
	}
	return out
}

// pass runs operations as one pass that must succeed.
func (e *env) pass(p backend.Pass, operations func()) []backend.Answer {
	e.Helper()
	answers, err := e.try(p, operations)
	if err != nil {
		e.Fatalf("end: %v", err)
	}
	return answers
}

// try runs operations as one pass; the error is that of its end.
func (e *env) try(p backend.Pass, operations func()) ([]backend.Answer, error) {
	e.Helper()
	n := max(len(p.IDs), len(p.Pos), len(p.Slots))
	for _, list := range []*[]int32{&p.IDs, &p.Pos, &p.Slots} {
		if *list == nil {
			*list = make([]int32, n)
		}
	}
	if err := e.be.Begin(e.Context(), &p); err != nil {
		e.Fatalf("begin: %v", err)
	}
	operations()
	return e.be.End(e.Context())
}

// expected is what an operation should give: values and, for each, the
// magnitude that its tolerance refers to. exact asks for the same bits as
// float32(value).
type expected struct {
	value, size []float64
	exact       bool
}

func expect(n int) *expected {
	return &expected{value: make([]float64, n), size: make([]float64, n)}
}

// compare reports the first output that is wrong.
func (e *env) compare(what string, got []float32, want *expected) {
	e.Helper()
	if len(got) != len(want.value) {
		e.Fatalf("%s: %d outputs, want %d", what, len(got), len(want.value))
	}
	for i, w := range want.value {
		diff := math.Abs(float64(got[i]) - w)
		if want.exact && got[i] != float32(w) || !want.exact && !(diff <= e.o.Tolerance*want.size[i]) {
			e.Fatalf("%s: output %d is %v, want %v (off by %.3g of %.3g)", what, i, got[i], w, diff, want.size[i])
		}
	}
}

// same reports the first output that differs in its bits.
func (e *env) same(what string, got, want []float32) {
	e.Helper()
	if len(got) != len(want) {
		e.Fatalf("%s: %d outputs, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			e.Fatalf("%s: output %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}
