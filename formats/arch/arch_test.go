package arch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/arch"
)

const (
	config8B   = "../../testdata/checkpoint/llada-8b.json"
	configTiny = "../../testdata/tiny-llada/config.json"
)

func load(t testing.TB, path string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	return keys
}

// parse parses a config with changes, key by key; gone removes one.
func parse(t testing.TB, keys map[string]any) (*arch.Arch, *arch.Tokens, error) {
	t.Helper()
	text, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	return arch.Parse(text)
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		path                                                  string
		layers, width, heads, headDim, hidden, vocab, context int
		theta                                                 float64
		mask, eos                                             int32
		tensors                                               int
		parameters, linear, tables                            int64
		kvWidth                                               int
	}{
		{config8B, 32, 4096, 32, 128, 12288, 126464, 4096, 500000, 126336, 126081, 291, 8_015_581_184, 6_979_321_856, 1_035_993_088, 4096},
		{configTiny, 4, 256, 4, 64, 768, 2048, 512, 500000, 2042, 2041, 39, 4_458_752, 3_407_872, 1_048_576, 256},
	} {
		t.Run(c.path, func(t *testing.T) {
			a, tokens, err := parse(t, load(t, c.path))
			if err != nil {
				t.Fatal(err)
			}
			l := a.Layers[0]
			if a.Class != "LLaDAModelLM" || a.Width != c.width || a.Vocab != c.vocab || a.Context != c.context || a.NormEps != 1e-5 || a.Block != 0 {
				t.Errorf("%+v", a)
			}
			if at := l.Attention; at.Heads != c.heads || at.KVHeads != c.heads || at.HeadDim != c.headDim || at.RopeTheta != c.theta ||
				at.RopeDims != c.headDim || at.KVWidth() != c.kvWidth || l.Dense.Hidden != c.hidden {
				t.Errorf("%+v", l)
			}
			if tokens.Mask != c.mask || !slices.Equal(tokens.EOS, []int32{c.eos}) {
				t.Errorf("%+v", tokens)
			}
			if len(a.Tensors()) != c.tensors || a.Parameters() != c.parameters || len(a.Layers) != c.layers {
				t.Errorf("%d tensors, %d parameters, %d layers", len(a.Tensors()), a.Parameters(), len(a.Layers))
			}
			sum, names := map[arch.Role]int64{}, map[string]bool{}
			for _, s := range a.Tensors() {
				sum[s.Role] += formats.Info{Shape: s.Shape}.Elements()
				names[s.Name] = true
			}
			if sum[arch.Linear] != c.linear || sum[arch.Embedding]+sum[arch.Head] != c.tables || len(names) != c.tensors {
				t.Errorf("sums %v, %d names", sum, len(names))
			}
		})
	}
}

// TestTensors: names, shapes and roles in the order of a forward pass, with
// fewer key and value heads than heads.
func TestTensors(t *testing.T) {
	keys := load(t, configTiny)
	keys["n_layers"], keys["n_kv_heads"] = 2, 1
	a, _, err := parse(t, keys)
	if err != nil {
		t.Fatal(err)
	}
	const root = "model.transformer."
	want := []string{root + "wte.weight embedding [2048 256]"}
	for n := range 2 {
		b := fmt.Sprintf("%sblocks.%d.", root, n)
		want = append(want, b+"attn_norm.weight norm [256]", b+"q_proj.weight linear [256 256]", b+"k_proj.weight linear [64 256]",
			b+"v_proj.weight linear [64 256]", b+"attn_out.weight linear [256 256]", b+"ff_norm.weight norm [256]",
			b+"ff_proj.weight linear [768 256]", b+"up_proj.weight linear [768 256]", b+"ff_out.weight linear [256 768]")
	}
	want = append(want, root+"ln_f.weight norm [256]", root+"ff_out.weight head [2048 256]")
	var got []string
	for _, s := range a.Tensors() {
		got = append(got, fmt.Sprintf("%s %s %v", s.Name, s.Role, s.Shape))
	}
	if !slices.Equal(got, want) {
		t.Errorf("tensors\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFallbacks: two keys that the class prefers may be null.
func TestFallbacks(t *testing.T) {
	keys := load(t, configTiny)
	keys["mlp_hidden_size"], keys["embedding_size"], keys["vocab_size"] = nil, nil, 2050
	a, _, err := parse(t, keys)
	if err != nil {
		t.Fatal(err)
	}
	if hidden := a.Layers[0].Dense.Hidden; hidden != 4*256 || a.Vocab != 2050 {
		t.Errorf("hidden %d, vocabulary %d; want 1024, 2050", hidden, a.Vocab)
	}
}

var (
	integers = []string{"n_layers", "d_model", "n_heads", "n_kv_heads", "max_sequence_length",
		"vocab_size", "mlp_hidden_size", "embedding_size"}
	numbers = []string{"rms_norm_eps", "rope_theta"}
	fixed   = map[string]any{
		"block_type": "llama", "block_group_size": 1, "activation_type": "silu", "layer_norm_type": "rms",
		"layer_norm_with_affine": true, "bias_for_layer_norm": false, "attention_layer_norm": false, "rope": true,
		"rope_full_precision": true, "alibi": false, "include_bias": false, "include_qkv_bias": false,
		"input_emb_norm": false, "scale_logits": false,
	}
)

// TestRequiredKeys: no key has a default. Missing, null, of another type or of
// another value, the error names it.
func TestRequiredKeys(t *testing.T) {
	type damage struct {
		key  string
		v    any // gone: removed
		want string
	}
	type gone struct{}
	var cases []damage
	add := func(key string, v any, format string) {
		cases = append(cases, damage{key, v, fmt.Sprintf(format, key)})
	}
	for _, key := range integers {
		add(key, gone{}, `key %q is missing (want an integer)`)
		add(key, "12", `key %q is "12", want an integer`)
		add(key, 1.5, `key %q is 1.5, want an integer`)
		add(key, int64(1)<<40, `key %q is 1099511627776, want an integer`)
		if key != "mlp_hidden_size" && key != "embedding_size" && key != "n_kv_heads" { // null there means another key
			add(key, nil, `key %q is null, want an integer`)
		}
	}
	for _, key := range numbers {
		add(key, gone{}, `key %q is missing (want a number)`)
		add(key, nil, `key %q is null, want a number`)
		add(key, true, `key %q is true, want a number`)
	}
	for key, v := range fixed {
		add(key, gone{}, `key %q is missing (want `+fmt.Sprint(v)+")")
		if v != false { // which null says too
			add(key, nil, `key %q is null, want `+fmt.Sprint(v))
		}
		add(key, []int{}, `key %q is [], want `+fmt.Sprint(v))
		switch v := v.(type) {
		case bool:
			add(key, !v, fmt.Sprintf(`key %%q is %v; only %v is supported`, !v, v))
		case int:
			add(key, v+1, fmt.Sprintf(`key %%q is %d; only %d is supported`, v+1, v))
		case string:
			add(key, "other", fmt.Sprintf(`key %%q is "other"; only %s is supported`, v))
		}
	}
	add("architectures", gone{}, `key %q is missing (want a list of class names)`)
	add("architectures", "LLaDAModelLM", `key %q is "LLaDAModelLM", want a list of class names`)
	add("architectures", []string{}, `key %q: want one class, found 0`)
	add("architectures", []string{"A", "B"}, `key %q: want one class, found 2`)
	cases = append(cases, damage{"architectures", []string{"DreamModel"}, `unknown architecture "DreamModel"; this version supports LLaDAModelLM`})
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s=%v", c.key, c.v), func(t *testing.T) {
			keys := load(t, config8B)
			if keys[c.key] = c.v; c.v == (any)(gone{}) {
				delete(keys, c.key)
			}
			_, _, err := parse(t, keys)
			refused(t, err, c.want)
		})
	}
}

// TestTolerated: what the official class takes, and how it reads it.
func TestTolerated(t *testing.T) {
	for _, c := range []struct {
		name string
		keys map[string]any
		ok   func(*arch.Arch, *arch.Tokens) bool
	}{
		{"key heads null", map[string]any{"n_kv_heads": nil}, func(a *arch.Arch, _ *arch.Tokens) bool { return a.Layers[0].Attention.KVHeads == 4 }},
		{"multi-query", map[string]any{"n_kv_heads": nil, "multi_query_attention": true}, func(a *arch.Arch, _ *arch.Tokens) bool { return a.Layers[0].Attention.KVHeads == 1 }},
		{"not multi-query", map[string]any{"n_kv_heads": 4, "multi_query_attention": false}, func(a *arch.Arch, _ *arch.Tokens) bool { return a.Layers[0].Attention.KVHeads == 4 }},
		{"tied", map[string]any{"weight_tying": true}, func(a *arch.Arch, _ *arch.Tokens) bool {
			return a.OutHead == a.Embed && a.Unused("model.transformer.ff_out.weight") && !a.Unused("model.transformer.blocks.0.ff_out.weight")
		}},
		{"tied null", map[string]any{"weight_tying": nil}, func(a *arch.Arch, _ *arch.Tokens) bool {
			return a.OutHead != a.Embed && !a.Unused("model.transformer.ff_out.weight")
		}},
		{"end tokens", map[string]any{"eos_token_id": []int{2041, 2045}}, func(_ *arch.Arch, k *arch.Tokens) bool { return slices.Equal(k.EOS, []int32{2041, 2045}) }},
		{"no end token", map[string]any{"eos_token_id": nil}, func(_ *arch.Arch, k *arch.Tokens) bool { return k.EOS == nil }},
		{"false as null", map[string]any{"alibi": nil, "scale_logits": nil, "include_bias": nil}, func(*arch.Arch, *arch.Tokens) bool { return true }},
		{"never quantized", map[string]any{"quantization_config": map[string]any{"quant_method": "bitsandbytes", "load_in_8bit": false, "load_in_4bit": false}}, func(*arch.Arch, *arch.Tokens) bool { return true }},
		{"a buffer", nil, func(a *arch.Arch, _ *arch.Tokens) bool {
			return a.Unused("model.transformer.blocks.0.rotary_emb.inv_freq") && !a.Unused("inv_freq.weight") && !a.Unused("")
		}},
	} {
		keys := load(t, configTiny)
		for k, v := range c.keys {
			keys[k] = v
		}
		if a, tokens, err := parse(t, keys); err != nil || !c.ok(a, tokens) {
			t.Errorf("%s: %+v, %+v, error %v", c.name, a, tokens, err)
		}
	}
}

// TestDimensions: numbers that no network has.
func TestDimensions(t *testing.T) {
	for _, c := range []struct {
		name string
		keys map[string]any
		want string
	}{
		{"no layers", map[string]any{"n_layers": 0}, "number of layers is 0, want 1 to 4096"},
		{"many layers", map[string]any{"n_layers": 4097}, "number of layers is 4097"},
		{"negative width", map[string]any{"d_model": -8}, "model width is -8, want 1 to 131072"},
		{"no heads", map[string]any{"n_heads": 0}, "number of heads is 0"},
		{"no key heads", map[string]any{"n_kv_heads": 0}, "number of key/value heads is 0"},
		{"wide feed-forward", map[string]any{"mlp_hidden_size": 1<<20 + 1}, "feed-forward width is 1048577, want 1 to 1048576"},
		{"huge product", map[string]any{"mlp_hidden_size": nil, "mlp_ratio": 1 << 30}, "feed-forward width is"},
		{"vocabulary", map[string]any{"embedding_size": 1 << 23}, "vocabulary size is 8388608"},
		{"context", map[string]any{"max_sequence_length": 0}, "context length is 0"},
		{"uneven heads", map[string]any{"n_heads": 3, "n_kv_heads": 3}, "model width 256 is not a multiple of 3 heads"},
		{"uneven key heads", map[string]any{"n_kv_heads": 3}, "4 heads are not a multiple of 3 key/value heads"},
		{"odd head", map[string]any{"n_heads": 256, "n_kv_heads": 256}, "1 of a head's 1 columns cannot rotate; rotary positions need pairs"},
		{"no epsilon", map[string]any{"rms_norm_eps": 0}, "norm epsilon 0 is not in (0, 1]"},
		{"large epsilon", map[string]any{"rms_norm_eps": 2}, "norm epsilon 2 is not in (0, 1]"},
		{"small base", map[string]any{"rope_theta": 0.5}, "rotary base 0.5 is below 1"},
		{"mask token", map[string]any{"mask_token_id": 2048}, "mask token 2048 is outside the vocabulary of 2048"},
		{"negative mask token", map[string]any{"mask_token_id": -1}, `key "mask_token_id" is -1, want a token id`},
		{"end token", map[string]any{"eos_token_id": 5000}, "end token 5000 is outside the vocabulary of 2048"},
		{"second end token", map[string]any{"eos_token_id": []int{1, 5000}}, "end token 5000 is outside the vocabulary of 2048"},
		{"negative end token", map[string]any{"eos_token_id": []int{-1}}, `key "eos_token_id" holds -1, want token ids`},
		{"end tokens with null", map[string]any{"eos_token_id": []any{2041, nil}}, `key "eos_token_id" is [2041,null], want a token id or a list of them`},
		{"end tokens of text", map[string]any{"eos_token_id": []string{"a"}}, `key "eos_token_id" is ["a"], want a token id or a list of them`},
		{"end token is the mask", map[string]any{"eos_token_id": []int{2041, 2042}}, "the mask token 2042 cannot end a text"},
		{"key heads against multi-query", map[string]any{"n_kv_heads": 2, "multi_query_attention": false}, `key "n_kv_heads" is 2, but "multi_query_attention" asks for 4`},
		{"tied by number", map[string]any{"weight_tying": 1}, `key "weight_tying" is 1, want true or false`},
		{"quantized", map[string]any{"quantization_config": map[string]any{"quant_method": "gptq", "bits": 4}}, `the weights are quantized already ("gptq")`},
		{"quantized by bitsandbytes", map[string]any{"quantization_config": map[string]any{"quant_method": "bitsandbytes", "load_in_8bit": false, "load_in_4bit": true}}, `quantized already ("bitsandbytes")`},
		{"quantized somehow", map[string]any{"quantization_config": "fp8"}, `key "quantization_config" is "fp8", want an object`},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys := load(t, configTiny)
			for k, v := range c.keys {
				keys[k] = v
			}
			_, _, err := parse(t, keys)
			refused(t, err, c.want)
		})
	}
}

func TestNotAnObject(t *testing.T) {
	for _, text := range []string{"", "[]", "{", "null", `"x"`, "{}"} {
		_, _, err := arch.Parse([]byte(text))
		refused(t, err, "")
	}
}

// TestAllAtOnce: one run tells everything that is wrong.
func TestAllAtOnce(t *testing.T) {
	keys := load(t, config8B)
	delete(keys, "n_layers")
	keys["rope"], keys["d_model"] = false, "wide"
	_, _, err := parse(t, keys)
	for _, want := range []string{`"n_layers" is missing`, `"rope" is false`, `"d_model" is "wide"`} {
		refused(t, err, want)
	}
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	var parse *formats.ParseError
	if !errors.As(err, &parse) || parse.File != "config.json" || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q about config.json", err, want)
	}
}

// TestSilentMask: a configuration may leave the mask token to the command line.
func TestSilentMask(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"missing": func(keys map[string]any) { delete(keys, "mask_token_id") },
		"null":    func(keys map[string]any) { keys["mask_token_id"] = nil },
	} {
		keys := load(t, configTiny)
		change(keys)
		_, tokens, err := parse(t, keys)
		if err != nil || tokens.Mask != arch.None || !slices.Equal(tokens.EOS, []int32{2041}) {
			t.Errorf("%s: %+v, error %v", name, tokens, err)
		}
	}
}
