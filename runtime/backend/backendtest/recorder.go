package backendtest

import (
	"context"
	"fmt"

	"llada/formats"
	"llada/runtime/backend"
)

// Recorder is a backend that computes nothing: it writes down the operations of
// each pass, as a device does that submits a recorded pass again, and keeps count
// of what is made and freed.
type Recorder struct {
	Passes [][]string // the operations of each pass that ended
	Live   int        // weights, activations, keys and values not closed
	Made   int        // those made so far
	Reads  int        // calls of Read and Write
	Calls  int        // calls of Begin and End
	Begun  []backend.Pass
	pass   *backend.Pass
	ops    []string
}

var _ backend.Backend = (*Recorder)(nil)

// object is a thing on the recorder's device.
type object struct {
	r          *Recorder
	name       string
	info       formats.Info
	spec       backend.KVSpec
	rows, cols int
	closed     bool
}

func (o *object) Info() formats.Info   { return o.info }
func (o *object) Rows() int            { return o.rows }
func (o *object) Cols() int            { return o.cols }
func (o *object) Spec() backend.KVSpec { return o.spec }
func (o *object) String() string       { return o.name }

func (o *object) Close() error {
	if !o.closed {
		o.closed = true
		o.r.Live--
	}
	return nil
}

func (r *Recorder) object(kind string) *object {
	r.Live++
	r.Made++
	return &object{r: r, name: fmt.Sprintf("%s%d", kind, r.Made)}
}

// Name is the recorder's.
func (r *Recorder) Name() string { return "recorder" }

// Close is harmless.
func (r *Recorder) Close() error { return nil }

// Load keeps the description.
func (r *Recorder) Load(_ context.Context, t formats.Tensor, _ ...formats.Tensor) (backend.Weight, error) {
	o := r.object("weight")
	o.info = t.Info
	return o, nil
}

// NewAct makes an act of no rows.
func (r *Recorder) NewAct(_, _ int) (backend.Act, error) { return r.object("act"), nil }

// NewKV keeps the shape.
func (r *Recorder) NewKV(s backend.KVSpec) (backend.KV, error) {
	o := r.object("kv")
	o.spec = s
	return o, nil
}

// Begin keeps the pass.
func (r *Recorder) Begin(ctx context.Context, p *backend.Pass) error {
	r.Calls++
	r.pass, r.ops = p, nil
	r.Begun = append(r.Begun, *p)
	return ctx.Err()
}

func (r *Recorder) op(name string, args ...any) {
	r.ops = append(r.ops, fmt.Sprint(append([]any{name}, args...)...))
	for _, a := range args {
		if o, ok := a.(*object); ok && o.closed {
			panic(fmt.Sprintf("%s is used by %s after it was closed", o, name))
		}
	}
}

// Embed and the operations below are written down.
func (r *Recorder) Embed(dst backend.Act, table backend.Weight) { r.op("embed ", dst, table) }

// RMSNorm is written down.
func (r *Recorder) RMSNorm(dst, x backend.Act, w backend.Weight, eps float32) {
	r.op("norm ", dst, x, w, eps)
}

// Linear is written down.
func (r *Recorder) Linear(dst []backend.Act, w []backend.Weight, x backend.Act) {
	r.op("linear ", dst, w, x)
}

// LinearAdd is written down.
func (r *Recorder) LinearAdd(dst backend.Act, w backend.Weight, x backend.Act) {
	r.op("linear add ", dst, w, x)
}

// Gated is written down.
func (r *Recorder) Gated(dst backend.Act, gate, up backend.Weight, x backend.Act) {
	r.op("gated ", dst, gate, up, x)
}

// Bias is written down.
func (r *Recorder) Bias(x backend.Act, b backend.Weight) { r.op("bias ", x, b) }

// Rotate is written down.
func (r *Recorder) Rotate(x backend.Act, heads int, rope backend.Rope) {
	r.op("rotate ", x, heads, rope)
}

// Store is written down.
func (r *Recorder) Store(kv backend.KV, layer int, k, v backend.Act) {
	r.op("store ", kv, layer, k, v)
}

// Attend is written down.
func (r *Recorder) Attend(dst, q backend.Act, kv backend.KV, layer, heads int) {
	r.op("attend ", dst, q, kv, layer, heads)
}

// Asked is written down.
func (r *Recorder) Asked(dst, x backend.Act) { r.op("asked ", dst, x) }

// Head is written down.
func (r *Recorder) Head(w backend.Weight, x backend.Act) { r.op("head ", w, x) }

// End gives an empty answer to each ask.
func (r *Recorder) End(ctx context.Context) ([]backend.Answer, error) {
	r.Calls++
	r.Passes = append(r.Passes, r.ops)
	answers := make([]backend.Answer, len(r.pass.Asks))
	for i := range answers {
		answers[i] = r.pass.Asks[i].NewAnswer()
	}
	return answers, ctx.Err()
}

// Read gives zeros.
func (r *Recorder) Read(ctx context.Context, dst []float32, _ backend.Act, _ int) error {
	r.Reads++
	clear(dst)
	return ctx.Err()
}

// Write takes anything.
func (r *Recorder) Write(ctx context.Context, _ backend.Act, _, _ int, _ []float32) error {
	r.Reads++
	return ctx.Err()
}
