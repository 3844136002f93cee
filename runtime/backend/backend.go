package backend

import (
	"context"

	"llada/formats"
)

// Weight is a tensor on the device: a matrix [out, in], a table or a vector, with
// its companions.
type Weight interface {
	Info() formats.Info
	Close() error
}

// Act is a matrix of float32 activations on the device. It has room for a number
// of rows and columns; the operation that writes it, or Write, gives it those it
// has.
type Act interface {
	Rows() int
	Cols() int
	Close() error
}

// KV holds keys and values, heads·dim numbers each per layer and slot. Which
// position of which sequence stands in a slot is the model's business.
type KV interface {
	Spec() KVSpec
	Close() error
}

// KVEncoding says how keys and values are kept.
type KVEncoding string

// The encodings of keys and values. Attention computes with the float32 numbers
// that they decode to.
const (
	KVF32  KVEncoding = "f32"
	KVBF16 KVEncoding = "bf16" // rounded to nearest, ties to even
	// KVInt8 keeps x/d rounded to nearest, ties to even, with a float32 scale
	// d = max|x|/127 per head and slot; what is below 1e-34 becomes 0.
	KVInt8 KVEncoding = "int8"
)

// KVSpec is the shape of keys and values.
type KVSpec struct {
	Layers, Slots, Heads, Dim int
	Encoding                  KVEncoding
}

// Rope says how positions turn queries and keys: the first Dims columns of each
// head rotate by position·Theta^(−2j/Dims) in the rotate-half convention.
type Rope struct {
	Theta float64
	Dims  int
}

// Range is a run of slots.
type Range struct{ Slot, Slots int }

// Span is a piece of attention: queries in rows [Row, Row+Rows) see the keys in
// the ranges Keys, in any order and number, at least one slot. How slots lie in
// ranges does not change results: attention sees the keys in the order of Keys.
// Spans of a pass do not share rows, so that a pass may hold any number of
// sequences; a sequence whose queries do not all see the same takes several.
type Span struct {
	Row, Rows int
	Keys      []Range
}

// Pass is what differs between two passes of one shape. Row i of it is token
// IDs[i] at position Pos[i], whose key and value belong in slot Slots[i]; every
// row is in one span.
type Pass struct {
	IDs, Pos, Slots []int32
	Spans           []Span
	Asked           []int32 // rows whose logits are asked, in any order
	Asks            []Ask   // about Asked; what they point to must not change before End
}

// Backend computes on one device. It is used by one goroutine at a time.
//
// dst of an operation must not alias another argument unless it says so.
type Backend interface {
	// Name says which device and kernels, for people.
	Name() string

	// Load makes a tensor available, with the companions that stand in for parts
	// of it (formats.RowsSuffix). Data may be used in place and must stay valid
	// until the weight is closed. A vector that is not finite is refused with
	// ErrNotFinite; matrices are not read.
	Load(ctx context.Context, t formats.Tensor, companions ...formats.Tensor) (Weight, error)
	// NewAct makes room for rows·cols numbers.
	NewAct(rows, cols int) (Act, error)
	NewKV(s KVSpec) (KV, error)

	// Begin starts a pass and copies p. Rows of a pass are those of p.IDs.
	Begin(ctx context.Context, p *Pass) error

	// Embed: dst[i] = table[IDs[i]].
	Embed(dst Act, table Weight)
	// RMSNorm: dst[i] = x[i]/√(mean(x[i]²) + eps) ⊙ w, over every len(w) columns
	// by themselves: the whole row, or each head. dst may be x. A mean that is not
	// finite fails the pass with *NotFinite.
	RMSNorm(dst, x Act, w Weight, eps float32)
	// Linear: dst[j] = x·w[j]ᵀ for products that share their input.
	Linear(dst []Act, w []Weight, x Act)
	// LinearAdd: dst += x·wᵀ, a product that ends in the residual stream.
	LinearAdd(dst Act, w Weight, x Act)
	// Gated: dst = silu(x·gateᵀ) ⊙ (x·upᵀ).
	Gated(dst Act, gate, up Weight, x Act)
	// Bias: x[i] += b.
	Bias(x Act, b Weight)
	// Rotate turns x, [rows][heads·dim], by Pos[i] in place.
	Rotate(x Act, heads int, r Rope)
	// Store puts keys and values of row i into slot Slots[i] of a layer. A head's key
	// whose sum of squares is not finite is stored as NaN.
	Store(kv KV, layer int, k, v Act)
	// Attend: dst = softmax(q·kᵀ/√dim)·v over each span, for q of heads·dim
	// columns; query head h uses key head h/(heads/KVSpec.Heads).
	Attend(dst, q Act, kv KV, layer, heads int)
	// Asked: dst[i] = x[Asked[i]].
	Asked(dst, x Act)
	// Head computes logits = x·wᵀ and reduces them to the answers of Asks, in
	// whose rows row i of x is row i of Asked. Logits that are not finite, after
	// guidance, fail the pass with *NotFinite.
	Head(w Weight, x Act)

	// End waits for the pass and returns its answers, one per ask if there was a
	// Head, or its first failure.
	End(ctx context.Context) ([]Answer, error)

	// Read copies rows of x from row on to dst, len(dst)/Cols() of them.
	Read(ctx context.Context, dst []float32, x Act, row int) error
	// Write copies rows to x from row on, which is at most its number of rows:
	// writing behind the last adds rows. An x without rows takes cols columns.
	Write(ctx context.Context, x Act, row, cols int, src []float32) error

	Close() error
}
