package arch

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"llada/formats"
)

// Role is what a tensor does in the network. Policies choose encodings by it.
type Role string

// The roles of a dense network's tensors.
const (
	Embedding Role = "embedding" // [vocab, width], looked up by token id
	Linear    Role = "linear"    // [out, in] inside a block
	Head      Role = "head"      // [vocab, width], the output projection
	Norm      Role = "norm"      // [width], an RMSNorm's weight
)

// Spec is a tensor that the network needs.
type Spec struct {
	Name  string
	Shape []int
	Role  Role
}

// Block names the tensors of one Transformer block.
type Block struct {
	AttnNorm, Q, K, V, Out string
	FFNorm, Gate, Up, Down string
}

// Arch is a network: a Transformer whose blocks are RMSNorm, attention with
// rotary positions, RMSNorm and a gated feed-forward layer (SiLU).
type Arch struct {
	Class string // Hugging Face class, architectures[0] of config.json

	Layers  int
	Width   int // d_model: columns of the residual stream
	Heads   int // query heads
	KVHeads int // key/value heads; Heads is a multiple of it
	HeadDim int
	Hidden  int // columns of the feed-forward layer
	Vocab   int // rows of embedding and head
	Context int // longest sequence the model was made for

	NormEps   float32
	RopeTheta float64

	MaskID int32
	EOSID  int32

	Embed     string // names of the tensors outside the blocks
	FinalNorm string
	OutHead   string
	Blocks    []Block
}

// families maps a Hugging Face class to the parser of its config.json.
var families = map[string]func(*config) (*Arch, error){
	"LLaDAModelLM": parseLLaDA,
}

// Parse reads a config.json. Errors are *formats.ParseError for file
// "config.json" and name the key, the value found and what is supported.
func Parse(data []byte) (*Arch, error) {
	a, err := parse(data)
	if err != nil {
		return nil, &formats.ParseError{File: "config.json", Offset: -1, Err: err}
	}
	return a, nil
}

func parse(data []byte) (*Arch, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	c := &config{keys: keys}
	var classes []string
	c.read("architectures", &classes, "a list of class names")
	if err := c.err(); err != nil {
		return nil, err
	}
	if len(classes) != 1 {
		return nil, fmt.Errorf("key \"architectures\": want one class, found %d", len(classes))
	}
	family, ok := families[classes[0]]
	if !ok {
		known := slices.Sorted(maps.Keys(families))
		return nil, fmt.Errorf("unknown architecture %q; this version supports %s", classes[0], strings.Join(known, ", "))
	}
	a, err := family(c)
	if err != nil {
		return nil, err
	}
	a.Class = classes[0]
	return a, a.check()
}

// check holds what every family's dimensions must satisfy before anything is
// allocated from them.
func (a *Arch) check() error {
	var errs []error
	limit := func(name string, v, most int) {
		if v < 1 || v > most {
			errs = append(errs, fmt.Errorf("%s is %d, want 1 to %d", name, v, most))
		}
	}
	limit("number of layers", a.Layers, 1<<12)
	limit("model width", a.Width, 1<<17)
	limit("number of heads", a.Heads, 1<<12)
	limit("number of key/value heads", a.KVHeads, 1<<12)
	limit("feed-forward width", a.Hidden, 1<<20)
	limit("vocabulary size", a.Vocab, 1<<22)
	limit("context length", a.Context, 1<<24)
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	switch {
	case a.Width%a.Heads != 0:
		return fmt.Errorf("model width %d is not a multiple of %d heads", a.Width, a.Heads)
	case a.Heads%a.KVHeads != 0:
		return fmt.Errorf("%d heads are not a multiple of %d key/value heads", a.Heads, a.KVHeads)
	case a.HeadDim%2 != 0:
		return fmt.Errorf("head width %d is odd; rotary positions need pairs", a.HeadDim)
	case !(a.NormEps > 0) || a.NormEps > 1:
		return fmt.Errorf("norm epsilon %g is not in (0, 1]", a.NormEps)
	case !(a.RopeTheta >= 1):
		return fmt.Errorf("rotary base %g is below 1", a.RopeTheta)
	case a.MaskID < 0 || int(a.MaskID) >= a.Vocab:
		return fmt.Errorf("mask token %d is outside the vocabulary of %d", a.MaskID, a.Vocab)
	case a.EOSID < 0 || int(a.EOSID) >= a.Vocab:
		return fmt.Errorf("end token %d is outside the vocabulary of %d", a.EOSID, a.Vocab)
	}
	return nil
}

// KVWidth is the number of columns of keys and of values.
func (a *Arch) KVWidth() int { return a.KVHeads * a.HeadDim }

// Tensors lists every tensor of the network in the order a forward pass meets
// them. A checkpoint must hold these and nothing else.
func (a *Arch) Tensors() []Spec {
	kv := a.KVWidth()
	specs := make([]Spec, 0, 3+9*len(a.Blocks))
	add := func(role Role, name string, shape ...int) {
		specs = append(specs, Spec{Name: name, Shape: shape, Role: role})
	}
	add(Embedding, a.Embed, a.Vocab, a.Width)
	for _, b := range a.Blocks {
		add(Norm, b.AttnNorm, a.Width)
		add(Linear, b.Q, a.Width, a.Width)
		add(Linear, b.K, kv, a.Width)
		add(Linear, b.V, kv, a.Width)
		add(Linear, b.Out, a.Width, a.Width)
		add(Norm, b.FFNorm, a.Width)
		add(Linear, b.Gate, a.Hidden, a.Width)
		add(Linear, b.Up, a.Hidden, a.Width)
		add(Linear, b.Down, a.Width, a.Hidden)
	}
	add(Norm, a.FinalNorm, a.Width)
	add(Head, a.OutHead, a.Vocab, a.Width)
	return specs
}

// Parameters counts the weights of the network.
func (a *Arch) Parameters() int64 {
	n := int64(0)
	for _, s := range a.Tensors() {
		n += formats.Info{Shape: s.Shape}.Elements()
	}
	return n
}
