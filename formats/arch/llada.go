package arch

import "fmt"

// parseLLaDA reads the configuration of LLaDA-8B-Base, LLaDA-8B-Instruct and
// LLaDA-1.5 (LLaDA-8B-Instruct:configuration_llada.py, modeling_llada.py).
func parseLLaDA(c *Config) (*Arch, *Tokens, error) {
	layers, heads := c.Int("n_layers"), c.Int("n_heads")
	kvHeads := lladaKVHeads(c, heads)
	a := &Arch{
		Width:   c.Int("d_model"),
		Context: c.Int("max_sequence_length"),
		NormEps: float32(c.Float("rms_norm_eps")),
	}
	theta := c.Float("rope_theta")
	tokens := &Tokens{Mask: c.Token("mask_token_id"), EOS: c.Tokens("eos_token_id"), TurnEnds: []string{"<|eot_id|>"}}
	// The class uses these two only where the key it prefers is null.
	var hidden int
	if c.Null("mlp_hidden_size") {
		hidden = c.Int("mlp_ratio") * a.Width
	} else {
		hidden = c.Int("mlp_hidden_size")
	}
	a.Vocab = c.Int("vocab_size")
	if !c.Null("embedding_size") {
		a.Vocab = c.Int("embedding_size")
	}
	Must(c, "block_type", "llama")
	Must(c, "block_group_size", 1)
	Must(c, "activation_type", "silu")
	Must(c, "layer_norm_type", "rms")
	Must(c, "layer_norm_with_affine", true)
	Must(c, "bias_for_layer_norm", false)
	Must(c, "attention_layer_norm", false)
	Must(c, "rope", true)
	Must(c, "rope_full_precision", true)
	Must(c, "alibi", false)
	Must(c, "include_bias", false)
	Must(c, "include_qkv_bias", false)
	Must(c, "input_emb_norm", false)
	Must(c, "scale_logits", false)
	tied := c.Flag("weight_tying")
	if err := c.Err(); err != nil {
		return nil, nil, err
	}
	headDim := 0
	if heads > 0 {
		if headDim = a.Width / heads; a.Width%heads != 0 {
			return nil, nil, fmt.Errorf("model width %d is not a multiple of %d heads", a.Width, heads)
		}
	}
	const root = "model.transformer."
	a.Embed = root + "wte.weight"
	a.FinalNorm = root + "ln_f.weight"
	// The head shares its leaf name with every layer's down projection.
	a.OutHead = root + "ff_out.weight"
	if tied { // the class multiplies with the embedding, whatever else is stored
		a.OutHead, a.TiedHead = a.Embed, a.OutHead
	}
	if layers > maxLayers {
		return nil, nil, fmt.Errorf("number of layers is %d, want 1 to %d", layers, maxLayers)
	}
	for n := range max(layers, 0) {
		p := fmt.Sprintf("%sblocks.%d.", root, n)
		a.Layers = append(a.Layers, Layer{
			Attention: Attention{
				Heads: heads, KVHeads: kvHeads, HeadDim: headDim,
				RopeTheta: theta, RopeDims: headDim,
				Norm: p + "attn_norm.weight",
				Q:    p + "q_proj.weight",
				K:    p + "k_proj.weight",
				V:    p + "v_proj.weight",
				Out:  p + "attn_out.weight",
			},
			Dense: Dense{
				Hidden: hidden,
				Norm:   p + "ff_norm.weight",
				Gate:   p + "ff_proj.weight",
				Up:     p + "up_proj.weight",
				Down:   p + "ff_out.weight",
			},
		})
	}
	return a, tokens, nil
}

// lladaKVHeads follows LLaDA-8B-Instruct:configuration_llada.py,
// effective_n_kv_heads.
func lladaKVHeads(c *Config, heads int) int {
	said := c.Said("multi_query_attention")
	implied := heads
	if said && c.Flag("multi_query_attention") {
		implied = 1
	}
	if c.Null("n_kv_heads") {
		return implied
	}
	kv := c.Int("n_kv_heads")
	if said && kv != implied {
		c.Fail("key %q is %d, but %q asks for %d", "n_kv_heads", kv, "multi_query_attention", implied)
	}
	return kv
}
