package quant

import (
	"fmt"

	"llada/formats"
	"llada/formats/arch"
)

// Plan holds every decision of a conversion. It is pure: printing it is a dry
// run, executing it decides nothing.
type Plan struct {
	Policy     Policy
	Steps      []Step
	Parameters int64   // weights of the network
	Bytes      int64   // of tensor data in the container
	LinearBits float64 // bits per linear weight, scales included
}

// Step is one tensor of the container.
type Step struct {
	From formats.Info // in the checkpoint
	To   formats.Info // in the container
	Role arch.Role
	Why  string
}

// NewPlan plans the conversion of an inventory under a policy.
func NewPlan(v *Inventory, p Policy) (*Plan, error) {
	plan := &Plan{Policy: p, Parameters: v.Arch.Parameters()}
	var linear, linearBytes int64
	for _, e := range v.Tensors {
		enc, why := p.encoding(e.Role)
		c, err := Default(enc)
		if err != nil {
			return nil, err
		}
		to := formats.Info{
			Name: e.Name, Encoding: enc, Shape: e.Shape,
			Size: c.Size(e.Info.Rows(), e.Cols()),
		}
		if enc == formats.Q4 {
			to.Codebook = GaussCodebook[:]
		}
		plan.add(Step{From: e.Info, To: to, Role: e.Role, Why: why})
		if e.Role == arch.Linear {
			linear += e.Elements()
			linearBytes += to.Size
		}
		if e.Role == arch.Embedding && enc.ElementBytes() == 0 {
			plan.add(exactRows(e, v.Special))
		}
	}
	if linear > 0 {
		plan.LinearBits = float64(linearBytes) * 8 / float64(linear)
	}
	return plan, nil
}

// exactRows keeps the rows of special tokens as they are: the mask token's row
// is the most used of a masked-diffusion model.
func exactRows(e Entry, ids []int32) Step {
	return Step{
		From: e.Info,
		To: formats.Info{
			Name: e.Name + formats.RowsSuffix, Encoding: formats.BF16,
			Shape:    []int{len(ids), e.Cols()},
			Size:     Plain{formats.BF16}.Size(len(ids), e.Cols()),
			Replaces: ids,
		},
		Role: e.Role,
		Why:  fmt.Sprintf("exact rows of %d special tokens", len(ids)),
	}
}

func (p *Plan) add(s Step) {
	p.Steps = append(p.Steps, s)
	p.Bytes += s.To.Size
}

// BitsPerWeight is the container's tensor data over the network's parameters.
func (p *Plan) BitsPerWeight() float64 { return float64(p.Bytes) * 8 / float64(p.Parameters) }
