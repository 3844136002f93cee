package convert

import (
	"fmt"

	"llada/formats"
	"llada/formats/arch"
	"llada/quant"
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

// NewPlan plans the conversion of an inventory under a policy.
func NewPlan(v *Inventory, p Policy) (*Plan, error) {
	plan := &Plan{Policy: p, Parameters: v.Arch.Parameters()}
	tied := v.Arch.OutHead == v.Arch.Embed
	var linear, linearBytes int64
	for _, e := range v.Tensors {
		enc, why := p.Encoding(e.Role, tied)
		to, err := encoded(e.Info, enc)
		if err != nil {
			return nil, err
		}
		s := Step{In: []formats.Info{e.Info}, Out: []Output{{to, e.Role, why}}}
		if e.Role == arch.Linear {
			linear += e.Elements()
			linearBytes += to.Size
		}
		if e.Role == arch.Embedding && enc.ElementBytes() == 0 {
			s.Out = append(s.Out, exactRows(e, v.Special))
		}
		for _, o := range s.Out {
			plan.Bytes += o.Size
		}
		plan.Steps = append(plan.Steps, s)
	}
	if linear > 0 {
		plan.LinearBits = float64(linearBytes) * 8 / float64(linear)
	}
	return plan, nil
}

// encoded describes a tensor in an encoding of the container.
func encoded(i formats.Info, e formats.Encoding) (formats.Info, error) {
	c, err := quant.Default(e)
	if err != nil {
		return formats.Info{}, err
	}
	to := formats.Info{Name: i.Name, Encoding: e, Shape: i.Shape, Size: c.Size(i.Rows(), i.Cols())}
	if e == formats.Q4 {
		to.Codebook = quant.GaussCodebook[:]
	}
	return to, nil
}

// exactRows keeps the rows of special tokens as they are: the mask token's row
// is the most used of a masked-diffusion model.
func exactRows(e Entry, ids []int32) Output {
	i := formats.Info{
		Name: e.Name + formats.RowsSuffix, Encoding: formats.BF16,
		Shape:    []int{len(ids), e.Cols()},
		Replaces: ids,
	}
	i.Size = i.Elements() * int64(i.Encoding.ElementBytes())
	return Output{i, e.Role, fmt.Sprintf("exact rows of %d special tokens", len(ids))}
}

// BitsPerWeight is the container's tensor data over the network's parameters.
func (p *Plan) BitsPerWeight() float64 { return float64(p.Bytes) * 8 / float64(p.Parameters) }

// Outputs lists the container's tensors in the order of the steps.
func (p *Plan) Outputs() []Output {
	var list []Output
	for _, s := range p.Steps {
		list = append(list, s.Out...)
	}
	return list
}
