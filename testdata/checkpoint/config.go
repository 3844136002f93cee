package checkpoint

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

//go:embed llada-8b.json
var llada8B []byte

// Config is a config.json. It keeps the keys that the generator has no use
// for, so that what it writes is what a loader expects.
type Config struct {
	keys map[string]any
}

// LLaDA8B is the configuration of LLaDA-8B-Base, LLaDA-8B-Instruct and LLaDA-1.5.
func LLaDA8B() Config {
	c, err := ParseConfig(llada8B)
	if err != nil {
		panic(err) // the file is compiled in
	}
	return c
}

// ParseConfig reads the text of a config.json.
func ParseConfig(text []byte) (Config, error) {
	var keys map[string]json.RawMessage // numbers keep their spelling
	if err := json.Unmarshal(text, &keys); err != nil {
		return Config{}, err
	}
	c := Config{keys: map[string]any{}}
	for key, value := range keys {
		c.keys[key] = value
	}
	return c, nil
}

// With is the configuration with another value for a key.
func (c Config) With(key string, value any) Config {
	keys := maps.Clone(c.keys)
	keys[key] = value
	return Config{keys: keys}
}

// JSON is the text of the config.json.
func (c Config) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(c.keys, "", "  ")
	return append(text, '\n'), err
}

// topology is what decides names and shapes.
type topology struct {
	Architectures  []string `json:"architectures"`
	BlockType      string   `json:"block_type"`
	DModel         int      `json:"d_model"`
	NLayers        int      `json:"n_layers"`
	NHeads         int      `json:"n_heads"`
	NKVHeads       int      `json:"n_kv_heads"`
	MLPHiddenSize  int      `json:"mlp_hidden_size"`
	MLPRatio       int      `json:"mlp_ratio"`
	VocabSize      int      `json:"vocab_size"`
	EmbeddingSize  int      `json:"embedding_size"`
	WeightTying    bool     `json:"weight_tying"`
	IncludeBias    bool     `json:"include_bias"`
	IncludeQKVBias bool     `json:"include_qkv_bias"`
	NormBias       bool     `json:"bias_for_layer_norm"`
	AttentionNorm  bool     `json:"attention_layer_norm"`
}

func (c Config) topology() (t topology, err error) {
	text, err := c.JSON()
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return t, fmt.Errorf("config: %w", err)
	}
	if t.NKVHeads == 0 {
		t.NKVHeads = t.NHeads
	}
	if t.MLPHiddenSize == 0 {
		t.MLPHiddenSize = t.MLPRatio * t.DModel
	}
	if t.EmbeddingSize == 0 {
		t.EmbeddingSize = t.VocabSize
	}
	switch {
	case !slices.Contains(t.Architectures, "LLaDAModelLM") || t.BlockType != "llama":
		return t, fmt.Errorf("config: architectures %q with block_type %q: only LLaDAModelLM with llama is generated",
			t.Architectures, t.BlockType)
	case t.IncludeBias || t.IncludeQKVBias || t.NormBias || t.AttentionNorm:
		return t, fmt.Errorf("config: biases and attention norms are not generated")
	case min(t.DModel, t.NLayers, t.NHeads, t.NKVHeads, t.MLPHiddenSize, t.EmbeddingSize) <= 0:
		return t, fmt.Errorf("config: d_model %d, n_layers %d, n_heads %d, n_kv_heads %d, mlp_hidden_size %d, embedding_size %d must be positive",
			t.DModel, t.NLayers, t.NHeads, t.NKVHeads, t.MLPHiddenSize, t.EmbeddingSize)
	case t.DModel%t.NHeads != 0 || t.NHeads%t.NKVHeads != 0:
		return t, fmt.Errorf("config: d_model %d, n_heads %d, n_kv_heads %d must divide one another",
			t.DModel, t.NHeads, t.NKVHeads)
	}
	return t, nil
}
