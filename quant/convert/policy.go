package convert

import (
	"fmt"

	"llada/formats"
	"llada/formats/arch"
)

// Policy says which encoding a tensor gets by its role.
type Policy struct {
	Level formats.Encoding // what the user asked for; the linear weights' encoding
	Embed formats.Encoding
	Head  formats.Encoding
}

// The head decides every token, and costs 6 % of the network's multiply-adds:
// two bits more than the blocks are cheap there. The embedding is looked up,
// never multiplied, so that 8 bits cost only space.
var levels = map[formats.Encoding]Policy{
	formats.Q4:   {formats.Q4, formats.Q8, formats.Q6},
	formats.Q6:   {formats.Q6, formats.Q8, formats.Q8},
	formats.Q8:   {formats.Q8, formats.Q8, formats.Q8},
	formats.BF16: {formats.BF16, formats.BF16, formats.BF16},
	formats.F32:  {formats.F32, formats.F32, formats.F32},
}

// NewPolicy is a level's policy with embedding and head overridden where these
// are not empty.
func NewPolicy(level, embed, head formats.Encoding) (Policy, error) {
	p, ok := levels[level]
	if !ok {
		return p, fmt.Errorf("unknown encoding %q: use q4, q6, q8, bf16 or f32", level)
	}
	for _, o := range []struct {
		dst  *formats.Encoding
		want formats.Encoding
	}{{&p.Embed, embed}, {&p.Head, head}} {
		if o.want == "" {
			continue
		}
		if _, ok := levels[o.want]; !ok {
			return p, fmt.Errorf("unknown encoding %q: use q4, q6, q8, bf16 or f32", o.want)
		}
		*o.dst = o.want
	}
	return p, nil
}

// Encoding decides for one tensor and says why. Where weights are tied, the
// embedding is the head too, and what the head needs decides.
func (p Policy) Encoding(r arch.Role, tied bool) (formats.Encoding, string) {
	switch {
	case r == arch.Head || r == arch.Embedding && tied:
		return p.Head, "decides every token"
	case r == arch.Embedding:
		return p.Embed, "looked up, not multiplied"
	case r == arch.Linear:
		return p.Level, "the level asked for"
	}
	return formats.F32, "small, and exact costs nothing" // norms, biases
}
