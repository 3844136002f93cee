package arch

import (
	"llada/formats"
)

// Role is what a tensor does in the network. Policies choose encodings by it.
type Role string

// The roles of a dense network's tensors.
const (
	Embedding Role = "embedding" // [vocab, width], looked up by token id; where weights are tied, the output head too
	Linear    Role = "linear"    // [out, in] inside a layer
	Head      Role = "head"      // [vocab, width], the output head
	Norm      Role = "norm"      // [columns], an RMSNorm's weight
	Bias      Role = "bias"      // [out], added to a linear layer's output
)

// Tensor is a tensor that the network needs.
type Tensor struct {
	Name  string
	Shape []int
	Role  Role
}

// Arch is a network: a Transformer whose layers are RMSNorm, attention with
// rotary positions, RMSNorm and a feed-forward part, each added to the residual
// stream.
type Arch struct {
	Class string // Hugging Face class, architectures[0] of config.json

	Width   int // columns of the residual stream (d_model)
	Vocab   int // rows of embedding and output head
	Context int // longest sequence the model was made for
	NormEps float32
	// Block, if not 0, makes attention block-causal: position p sees the
	// positions below (p/Block+1)·Block; otherwise all of its sequence.
	Block int

	Layers []Layer

	Embed     string // names of the tensors outside the layers
	FinalNorm string
	OutHead   string // the same as Embed where weights are tied
	// TiedHead is a tensor that a checkpoint with tied weights may hold besides,
	// the output head of its untied sisters; nothing reads it.
	TiedHead string
}

// Layer is one Transformer layer.
type Layer struct {
	Attention Attention
	Dense     Dense
}

// Attention is the attention part of a layer. Names of features that it lacks
// are empty.
type Attention struct {
	Heads   int // of queries; a multiple of KVHeads
	KVHeads int // of keys and values
	HeadDim int

	RopeTheta float64
	RopeDims  int // leading columns of a head that rotate, in the rotate-half convention

	Norm, Q, K, V, Out  string
	QBias, KBias, VBias string // all or none
	QNorm, KNorm        string // RMSNorm over each head before it rotates; both or none
}

// Width is the number of columns of the queries.
func (a *Attention) Width() int { return a.Heads * a.HeadDim }

// KVWidth is the number of columns of the keys and of the values.
func (a *Attention) KVWidth() int { return a.KVHeads * a.HeadDim }

// Dense is a gated feed-forward part: Down·(silu(Gate·x) ⊙ Up·x).
type Dense struct {
	Hidden               int // columns between Gate and Down
	Norm, Gate, Up, Down string
}

// Tensors lists every tensor of the network once, in the order in which a forward
// pass meets them. A checkpoint must hold these and nothing else.
func (a *Arch) Tensors() []Tensor {
	list := make([]Tensor, 0, 3+16*len(a.Layers))
	add := func(role Role, name string, shape ...int) {
		if name != "" {
			list = append(list, Tensor{Name: name, Shape: shape, Role: role})
		}
	}
	add(Embedding, a.Embed, a.Vocab, a.Width)
	for i := range a.Layers {
		att, ff := &a.Layers[i].Attention, &a.Layers[i].Dense
		add(Norm, att.Norm, a.Width)
		add(Linear, att.Q, att.Width(), a.Width)
		add(Bias, att.QBias, att.Width())
		add(Linear, att.K, att.KVWidth(), a.Width)
		add(Bias, att.KBias, att.KVWidth())
		add(Linear, att.V, att.KVWidth(), a.Width)
		add(Bias, att.VBias, att.KVWidth())
		add(Norm, att.QNorm, att.HeadDim)
		add(Norm, att.KNorm, att.HeadDim)
		add(Linear, att.Out, a.Width, att.Width())
		add(Norm, ff.Norm, a.Width)
		add(Linear, ff.Gate, ff.Hidden, a.Width)
		add(Linear, ff.Up, ff.Hidden, a.Width)
		add(Linear, ff.Down, a.Width, ff.Hidden)
	}
	add(Norm, a.FinalNorm, a.Width)
	if a.OutHead != a.Embed {
		add(Head, a.OutHead, a.Vocab, a.Width)
	}
	return list
}

// Parameters counts the weights of the network.
func (a *Arch) Parameters() int64 {
	n := int64(0)
	for _, t := range a.Tensors() {
		n += formats.Info{Shape: t.Shape}.Elements()
	}
	return n
}

// MACs counts the multiply-adds of a forward pass over one sequence of n tokens
// that asks `asked` of them: products, attention and output head.
func (a *Arch) MACs(n, asked int) float64 {
	sum := float64(asked) * float64(a.Vocab) * float64(a.Width)
	for _, t := range a.Tensors() {
		if t.Role == Linear {
			sum += float64(n) * float64(t.Shape[0]) * float64(t.Shape[1])
		}
	}
	for i := range a.Layers {
		sum += 2 * float64(n) * float64(n) * float64(a.Layers[i].Attention.Width())
	}
	return sum
}
