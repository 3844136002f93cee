package arch

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"llada/formats"
)

// maxLayers bounds what a parser describes from a number that it has read.
const maxLayers = 1 << 12

// check holds what every family's dimensions must satisfy before anything is
// allocated from them.
func (a *Arch) check() error {
	var errs []error
	limit := func(name string, v, most int) {
		if v < 1 || v > most {
			errs = append(errs, fmt.Errorf("%s is %d, want 1 to %d", name, v, most))
		}
	}
	limit("number of layers", len(a.Layers), maxLayers)
	limit("model width", a.Width, 1<<17)
	limit("vocabulary size", a.Vocab, 1<<22)
	limit("context length", a.Context, 1<<24)
	for i := range a.Layers {
		l := &a.Layers[i]
		limit("number of heads", l.Attention.Heads, 1<<12)
		limit("number of key/value heads", l.Attention.KVHeads, 1<<12)
		limit("head width", l.Attention.HeadDim, 1<<14)
		limit("feed-forward width", l.Dense.Hidden, 1<<20)
		if len(errs) > 0 {
			return errors.Join(errs...)
		}
		if err := l.Attention.check(); err != nil {
			return err
		}
		// Keys and values of all layers lie in one cache.
		if first := &a.Layers[0].Attention; first.KVHeads != l.Attention.KVHeads || first.HeadDim != l.Attention.HeadDim {
			return fmt.Errorf("layer %d has %d key/value heads of %d, layer 0 %d of %d: only equal ones are supported",
				i, l.Attention.KVHeads, l.Attention.HeadDim, first.KVHeads, first.HeadDim)
		}
	}
	switch {
	case len(errs) > 0:
		return errors.Join(errs...)
	case !(a.NormEps > 0) || a.NormEps > 1:
		return fmt.Errorf("norm epsilon %g is not in (0, 1]", a.NormEps)
	case a.Block < 0:
		return fmt.Errorf("block length is %d, want 0 or more", a.Block)
	}
	return nil
}

func (a *Attention) check() error {
	switch {
	case a.Heads%a.KVHeads != 0:
		return fmt.Errorf("%d heads are not a multiple of %d key/value heads", a.Heads, a.KVHeads)
	case a.RopeDims < 2 || a.RopeDims > a.HeadDim || a.RopeDims%2 != 0:
		return fmt.Errorf("%d of a head's %d columns cannot rotate; rotary positions need pairs", a.RopeDims, a.HeadDim)
	case !(a.RopeTheta >= 1):
		return fmt.Errorf("rotary base %g is below 1", a.RopeTheta)
	case (a.QNorm == "") != (a.KNorm == ""):
		return errors.New("queries and keys must both be normalized, or neither")
	case (a.QBias == "") != (a.KBias == "") || (a.QBias == "") != (a.VBias == ""):
		return errors.New("queries, keys and values must all have a bias, or none")
	}
	return nil
}

// Match holds the tensors of a checkpoint or a container against those that the
// network needs. Companions (formats.RowsSuffix, with rows to replace) belong to
// their base. where, if not nil, says in which file a tensor is, for errors.
func (a *Arch) Match(have []formats.Info, where func(name string) string) error {
	byName := make(map[string]formats.Info, len(have))
	for _, i := range have {
		byName[i.Name] = i
	}
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, t := range a.Tensors() {
		i, ok := byName[t.Name]
		delete(byName, t.Name)
		switch {
		case !ok && t.Role == Head:
			fault("tensor %s (the output head, %v) is missing; no tensor of a layer can stand in for it", t.Name, t.Shape)
		case !ok:
			fault("tensor %s (%s, %v) is missing", t.Name, t.Role, t.Shape)
		case !slices.Equal(i.Shape, t.Shape):
			in := ""
			if where != nil {
				in = " in " + where(t.Name)
			}
			fault("tensor %s (%s)%s has shape %v, config.json says %v%s", t.Name, t.Role, in, i.Shape, t.Shape, a.mistaken(t, i.Shape))
		}
		if c := t.Name + formats.RowsSuffix; ok && byName[c].Replaces != nil {
			delete(byName, c)
		}
	}
	for name := range byName {
		fault("tensor %q is not part of a %s with this config.json%s", name, a.Class, stranger(name))
	}
	if len(faults) == 0 {
		return nil
	}
	slices.Sort(faults)
	if prefix := a.wrapped(have); prefix != "" {
		faults = slices.Insert(faults, 0, fmt.Sprintf("all names begin with %q, as those of a wrapped model do: save the model within", prefix))
	}
	const show = 8
	if n := len(faults); n > show {
		faults = append(faults[:show], fmt.Sprintf("and %d more", n-show))
	}
	return errors.New(strings.Join(faults, "\n  "))
}

// wrapped is what stands before the network's own names in all that there are, ""
// where that is not so.
func (a *Arch) wrapped(have []formats.Info) string {
	for _, i := range have {
		if prefix, ok := strings.CutSuffix(i.Name, a.Embed); ok && prefix != "" {
			for _, i := range have {
				if !strings.HasPrefix(i.Name, prefix) {
					return ""
				}
			}
			return prefix
		}
	}
	return ""
}

// Unused reports a tensor that a checkpoint may hold although the network does
// without it: tables that every implementation computes anew, a tied head.
// Containers hold none.
func (a *Arch) Unused(name string) bool {
	leaf := name[strings.LastIndexByte(name, '.')+1:]
	return name != "" && name == a.TiedHead || slices.Contains(buffers, leaf)
}

// buffers are leaf names of tables that models have saved with their weights.
var buffers = []string{"inv_freq", "cos_cached", "sin_cached", "position_ids"}

// stranger explains tensors that tools leave in checkpoints.
func stranger(name string) string {
	for _, s := range []struct{ part, why string }{
		{".lora_", ": it belongs to an adapter: merge it into its base model first"},
		{".base_layer.", ": it belongs to an adapter: merge it into its base model first"},
		{".qweight", quantizedWhy}, {".qzeros", quantizedWhy}, {".scales", quantizedWhy},
		{".weight_scale", quantizedWhy}, {".absmax", quantizedWhy}, {".quant_", quantizedWhy}, {".SCB", quantizedWhy},
	} {
		if strings.Contains(name, s.part) {
			return s.why
		}
	}
	return ""
}

const quantizedWhy = ": the weights are quantized already: convert the checkpoint that they were made from"

// mistaken explains the shape of an output head that is none: some families
// give it the leaf name of the down projections.
func (a *Arch) mistaken(t Tensor, shape []int) string {
	if t.Role == Head && slices.Equal(shape, []int{a.Width, a.Layers[0].Dense.Hidden}) {
		return ": this is a down projection, not the output head"
	}
	return ""
}
