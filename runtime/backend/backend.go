package backend

import (
	"context"

	"llada/formats"
)

// Weight is a tensor on the device: a matrix [out, in], a table or a vector.
type Weight interface{ Info() formats.Info }

// Act is a matrix of float32 activations, [rows][cols], on the device.
type Act interface {
	Rows() int
	Cols() int
}

// KV holds keys and values, heads·dim numbers each per layer and slot. Which position of which
// sequence stands in a slot is the model's business.
type KV interface{ Slots() int }

// Rope says how positions turn queries and keys: the first Dims columns of each
// head rotate by position·Theta^(−2j/Dims) in the rotate-half convention.
type Rope struct {
	Theta float64
	Dims  int
}

// Span is a piece of attention: queries in rows [Row, Row+Rows) see the keys in
// slots [Slot, Slot+Slots). One span per sequence of a pass; spans never see
// each other, so a pass may hold any number of sequences.
type Span struct {
	Row, Rows   int
	Slot, Slots int
	// Block, if not 0, makes attention block-causal: a query at position p sees
	// the keys at positions below (p/Block+1)·Block. Slot holds position 0 and
	// Start is the position of the first query.
	Block, Start int
}

// Visible is how many of the span's slots its t-th query sees.
func (s Span) Visible(t int) int {
	if s.Block == 0 {
		return s.Slots
	}
	return min(s.Slots, ((s.Start+t)/s.Block+1)*s.Block)
}

// Backend computes on one device.
//
// dst of an operation must not alias another argument unless it says so.
type Backend interface {
	// Name says which device and kernels, for people.
	Name() string

	// Load makes a tensor available. Its data may be used in place and must
	// stay valid until Close.
	Load(t formats.Tensor) (Weight, error)
	NewAct(rows, cols int) (Act, error)
	NewKV(layers, slots, heads, dim int) (KV, error)

	// Embed: dst[i] = table[ids[i]].
	Embed(dst Act, table Weight, ids []int32)
	// Replace overwrites dst[i] by rows[j] wherever ids[i] is the j-th of the
	// rows that tensor rows replaces (formats.Info.Replaces).
	Replace(dst Act, rows Weight, ids []int32)
	// RMSNorm: dst[i] = x[i]/√(mean(x[i]²) + eps) ⊙ w. dst may be x.
	RMSNorm(dst, x Act, w Weight, eps float32)
	// Linear: dst[j] = x·w[j]ᵀ for products that share their input.
	Linear(dst []Act, w []Weight, x Act)
	// LinearAdd: dst += x·wᵀ, a product that ends in the residual stream.
	LinearAdd(dst Act, w Weight, x Act)
	// Gated: dst = silu(x·gateᵀ) ⊙ (x·upᵀ).
	Gated(dst Act, gate, up Weight, x Act)
	// Rotate turns x, [rows][heads·dim], by pos[i] in place.
	Rotate(x Act, heads int, pos []int32, r Rope)
	// Store puts keys and values of row i into slot slots[i] of a layer.
	Store(kv KV, layer int, k, v Act, slots []int32)
	// Attend: dst = softmax(q·kᵀ/√dim)·v over each span, for q of heads·dim
	// columns and keys of kvHeads·dim; query head h uses key head
	// h/(heads/kvHeads).
	Attend(dst, q Act, kv KV, layer, heads, kvHeads int, spans []Span)
	// Gather: dst[i] = x[rows[i]].
	Gather(dst, x Act, rows []int32)
	// Head computes logits = x·wᵀ and reduces them to what is asked.
	Head(ctx context.Context, w Weight, x Act, ask *Ask) (*Answer, error)
	// Read copies row i of x to dst.
	Read(dst []float32, x Act, i int)
	// Write copies src to row i of x.
	Write(x Act, i int, src []float32)

	// Flush waits for every operation and returns the first failure.
	Flush(ctx context.Context) error
	Close() error
}
