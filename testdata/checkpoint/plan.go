package checkpoint

import (
	"cmp"
	"fmt"
	"slices"

	"llada/formats"
)

// shardLimit is the size that the published shards stay under. Filling shards
// up to it, kind by kind, gives the 8B's six exactly.
const shardLimit = 3_000_000_000

// File is one file of a checkpoint and what it holds.
type File struct {
	Name    string
	Tensors []formats.Info // in the order of their data
}

// Plan says which files Write makes: n of similar size or, where n is 0, as
// many as keep each under 3 GB.
func Plan(c Config, n int) ([]File, error) {
	t, err := c.topology()
	if err != nil {
		return nil, err
	}
	list := t.tensors()
	if n < 0 || n > len(list) {
		return nil, fmt.Errorf("%d tensors cannot fill %d shards", len(list), n)
	}
	var files []File
	parts := shards(list, n)
	for i, tensors := range parts {
		name := "model.safetensors"
		if len(parts) > 1 {
			name = fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, len(parts))
		}
		files = append(files, File{name, tensors})
	}
	return files, nil
}

// tensors lists a model by kind, then layer: the order in which the published
// shards were filled.
func (t topology) tensors() []formats.Info {
	const prefix = "model.transformer."
	var list []formats.Info
	add := func(name string, shape ...int) {
		i := formats.Info{Name: prefix + name + ".weight", Encoding: formats.BF16, Shape: shape}
		i.Size = 2 * i.Elements()
		list = append(list, i)
	}
	blocks := func(kind string, shape ...int) {
		for n := range t.NLayers {
			add(fmt.Sprintf("blocks.%d.%s", n, kind), shape...)
		}
	}
	d, kv := t.DModel, t.DModel/t.NHeads*t.NKVHeads
	add("wte", t.EmbeddingSize, d)
	add("ln_f", d)
	blocks("attn_out", d, d)
	if !t.WeightTying {
		add("ff_out", t.EmbeddingSize, d) // the head; same leaf as the blocks' down projection
	}
	blocks("ff_out", d, t.MLPHiddenSize)
	blocks("attn_norm", d)
	blocks("ff_norm", d)
	blocks("q_proj", d, d)
	blocks("k_proj", kv, d)
	blocks("v_proj", kv, d)
	blocks("ff_proj", t.MLPHiddenSize, d)
	blocks("up_proj", t.MLPHiddenSize, d)
	return list
}

// shards cuts a list of tensors into n files of similar size or, where n is 0,
// into files under shardLimit. Within a file they are sorted by name, as the
// reference implementation writes them.
func shards(list []formats.Info, n int) [][]formats.Info {
	var total, before, filled int64
	for _, info := range list {
		total += info.Size
	}
	var out [][]formats.Info
	for i, info := range list {
		var next bool
		if n == 0 {
			next = filled+info.Size > shardLimit
		} else {
			// Cut where the middle of a tensor passes the next n-th of the
			// bytes, and where each shard to come needs a tensor of its own.
			due := before+info.Size/2 >= total/int64(n)*int64(len(out))
			next = len(out) < n && (due || len(list)-i == n-len(out))
		}
		if next || len(out) == 0 {
			out, filled = append(out, nil), 0
		}
		last := len(out) - 1
		out[last] = append(out[last], info)
		filled += info.Size
		before += info.Size
	}
	for _, shard := range out {
		slices.SortFunc(shard, func(a, b formats.Info) int { return cmp.Compare(a.Name, b.Name) })
	}
	return out
}
