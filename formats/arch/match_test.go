package arch_test

import (
	"slices"
	"strings"
	"testing"

	"llada/formats"
)

// TestMatch: a container or a checkpoint holds the network's tensors and nothing
// else; all that is wrong is said at once.
func TestMatch(t *testing.T) {
	a := small()
	a.Class = "Small"
	var whole []formats.Info
	for _, x := range a.Tensors() {
		whole = append(whole, formats.Info{Name: x.Name, Shape: x.Shape})
	}
	shape := func(name string, shape ...int) func([]formats.Info) []formats.Info {
		return func(l []formats.Info) []formats.Info {
			l[slices.IndexFunc(l, func(i formats.Info) bool { return i.Name == name })].Shape = shape
			return l
		}
	}
	drop := func(name string) func([]formats.Info) []formats.Info {
		return func(l []formats.Info) []formats.Info {
			return slices.DeleteFunc(l, func(i formats.Info) bool { return i.Name == name })
		}
	}
	add := func(i formats.Info) func([]formats.Info) []formats.Info {
		return func(l []formats.Info) []formats.Info { return append(l, i) }
	}
	companion := func(base string) formats.Info {
		return formats.Info{Name: base + "#rows", Shape: []int{1, 8}, Replaces: []int32{3}}
	}
	for _, c := range []struct {
		name   string
		change []func([]formats.Info) []formats.Info
		want   string // lines, "" where it matches
	}{
		{"whole", nil, ""},
		{"another order", []func([]formats.Info) []formats.Info{func(l []formats.Info) []formats.Info { slices.Reverse(l); return l }}, ""},
		{"companions", []func([]formats.Info) []formats.Info{add(companion("embed")), add(companion("q"))}, ""},
		{"no head", []func([]formats.Info) []formats.Info{drop("head")},
			"tensor head (the output head, [10 8]) is missing; no tensor of a layer can stand in for it"},
		{"no bias", []func([]formats.Info) []formats.Info{drop("k.bias")}, "tensor k.bias (bias, [12]) is missing"},
		{"wrong shape", []func([]formats.Info) []formats.Info{shape("up", 8, 12)},
			"tensor up (linear) in file of up has shape [8 12], config.json says [12 8]"},
		{"a vector for a matrix", []func([]formats.Info) []formats.Info{shape("norm", 1, 8)},
			"tensor norm (norm) in file of norm has shape [1 8], config.json says [8]"},
		{"a down projection as head", []func([]formats.Info) []formats.Info{shape("head", 8, 12)},
			"tensor head (head) in file of head has shape [8 12], config.json says [10 8]: this is a down projection, not the output head"},
		{"surplus", []func([]formats.Info) []formats.Info{add(formats.Info{Name: "extra"})},
			"tensor \"extra\" is not part of a Small with this config.json"},
		{"an adapter", []func([]formats.Info) []formats.Info{add(formats.Info{Name: "q.lora_A.weight"})},
			"tensor \"q.lora_A.weight\" is not part of a Small with this config.json: it belongs to an adapter: merge it into its base model first"},
		{"quantized", []func([]formats.Info) []formats.Info{add(formats.Info{Name: "q.\x1b.qweight"})},
			"tensor \"q.\\x1b.qweight\" is not part of a Small with this config.json: the weights are quantized already: convert the checkpoint that they were made from"},
		{"companion of nothing", []func([]formats.Info) []formats.Info{add(companion("extra"))},
			"tensor \"extra#rows\" is not part of a Small with this config.json"},
		{"companion without its base", []func([]formats.Info) []formats.Info{drop("embed"), add(companion("embed"))},
			"tensor \"embed#rows\" is not part of a Small with this config.json\n  tensor embed (embedding, [10 8]) is missing"},
		{"companion that replaces nothing", []func([]formats.Info) []formats.Info{add(formats.Info{Name: "embed#rows", Shape: []int{1, 8}})},
			"tensor \"embed#rows\" is not part of a Small with this config.json"},
		{"nothing", []func([]formats.Info) []formats.Info{func([]formats.Info) []formats.Info { return nil }}, "\n  and 9 more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			have := slices.Clone(whole)
			for _, f := range c.change {
				have = f(have)
			}
			err := a.Match(have, func(name string) string { return "file of " + name })
			switch {
			case c.want == "" && err != nil, c.want != "" && err == nil:
				t.Errorf("error %v, want %q", err, c.want)
			case err != nil && err.Error() != c.want && !strings.HasSuffix(err.Error(), c.want):
				t.Errorf("error\n%v, want\n%s", err, c.want)
			}
		})
	}
	err := a.Match(shape("up", 1)(slices.Clone(whole)), nil)
	if want := "tensor up (linear) has shape [1], config.json says [12 8]"; err == nil || err.Error() != want {
		t.Errorf("without files: error %v, want %q", err, want)
	}
	var wrapped []formats.Info
	for _, i := range whole {
		i.Name = "_orig_mod." + i.Name
		wrapped = append(wrapped, i)
	}
	err = a.Match(wrapped, nil)
	if want := `all names begin with "_orig_mod.", as those of a wrapped model do`; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("wrapped: error %v, want %q", err, want)
	}
	tied := small()
	tied.OutHead = tied.Embed
	if err := tied.Match(drop("head")(slices.Clone(whole)), nil); err != nil {
		t.Errorf("tied: error %v", err)
	}
}
