package convert

import (
	"fmt"
	"slices"
	"strings"

	"llada/formats"
	"llada/formats/arch"
	"llada/quant"
)

// Step makes tensors of the container from tensors of the checkpoint.
type Step struct {
	In  []formats.Info // in the checkpoint
	Out []Output       // in the container, in its order
}

// Output is a tensor of the container.
type Output struct {
	formats.Info
	Role arch.Role
	Why  string // of its encoding
}

// Rows is what output number out holds before it is encoded, in terms of the
// checkpoint: the input of its name or, of a companion (formats.RowsSuffix),
// the rows of it that Replaces lists. This is the definition: executing a step
// encodes these rows, verifying it compares with them.
func (s Step) Rows(src Checkpoint, out int) (quant.Rows, error) {
	o := s.Out[out]
	in, err := s.input(o)
	if err != nil {
		return nil, err
	}
	rows, err := src.Rows(in.Name)
	if err != nil || o.Replaces == nil {
		return rows, err
	}
	if rows, err = quant.Select(rows, o.Replaces); err != nil {
		return nil, fmt.Errorf("tensor %s: %w", o.Name, err)
	}
	return rows, nil
}

// input is what an output is made of. Their shapes fit.
func (s Step) input(o Output) (formats.Info, error) {
	base := o.Name
	if o.Replaces != nil {
		base = strings.TrimSuffix(base, formats.RowsSuffix)
	}
	at := slices.IndexFunc(s.In, func(i formats.Info) bool { return i.Name == base })
	if at < 0 {
		return formats.Info{}, fmt.Errorf("tensor %s: the checkpoint has no %s", o.Name, base)
	}
	in := s.In[at]
	fits := slices.Equal(in.Shape, o.Shape)
	if o.Replaces != nil {
		fits = len(o.Replaces) > 0 && len(o.Replaces) == o.Rows() && o.Cols() == in.Cols() && int(slices.Max(o.Replaces)) < in.Rows()
	}
	if !fits {
		return formats.Info{}, fmt.Errorf("tensor %s: shape %v does not fit %v of the checkpoint", o.Name, o.Shape, in.Shape)
	}
	return in, nil
}

// StepsOf finds the steps that made a container's tensors of this checkpoint,
// which tells an error where none can have.
func (v *Inventory) StepsOf(have []formats.Info) ([]Step, error) {
	byName := make(map[string]formats.Info, len(have))
	for _, i := range have {
		byName[i.Name] = i
	}
	var steps []Step
	for _, e := range v.Tensors {
		s := Step{In: []formats.Info{e.Info}}
		for _, name := range []string{e.Name, e.Name + formats.RowsSuffix} {
			i, ok := byName[name]
			delete(byName, name)
			if !ok && name == e.Name {
				return nil, fmt.Errorf("tensor %s is missing", name)
			} else if !ok {
				continue
			}
			o := Output{Info: i, Role: e.Role}
			if _, err := s.input(o); err != nil {
				return nil, err
			}
			s.Out = append(s.Out, o)
		}
		steps = append(steps, s)
	}
	for _, i := range have {
		if _, left := byName[i.Name]; left {
			return nil, fmt.Errorf("the checkpoint has no tensor %s", i.Name)
		}
	}
	return steps, nil
}
