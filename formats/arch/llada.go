package arch

import "fmt"

// parseLLaDA reads the configuration of LLaDA-8B-Base, LLaDA-8B-Instruct and
// LLaDA-1.5 (LLaDA-8B-Instruct:configuration_llada.py, modeling_llada.py).
func parseLLaDA(c *config) (*Arch, error) {
	a := &Arch{
		Layers:    c.int("n_layers"),
		Width:     c.int("d_model"),
		Heads:     c.int("n_heads"),
		KVHeads:   c.int("n_kv_heads"),
		Context:   c.int("max_sequence_length"),
		NormEps:   float32(c.float("rms_norm_eps")),
		RopeTheta: c.float("rope_theta"),
		MaskID:    int32(c.int("mask_token_id")),
		EOSID:     int32(c.int("eos_token_id")),
	}
	// The class uses these two only where the key it prefers is null.
	if c.null("mlp_hidden_size") {
		a.Hidden = c.int("mlp_ratio") * a.Width
	} else {
		a.Hidden = c.int("mlp_hidden_size")
	}
	a.Vocab = c.int("vocab_size")
	if !c.null("embedding_size") {
		a.Vocab = c.int("embedding_size")
	}
	must(c, "block_type", "llama")
	must(c, "block_group_size", 1)
	must(c, "activation_type", "silu")
	must(c, "layer_norm_type", "rms")
	must(c, "layer_norm_with_affine", true)
	must(c, "bias_for_layer_norm", false)
	must(c, "attention_layer_norm", false)
	must(c, "rope", true)
	must(c, "rope_full_precision", true)
	must(c, "alibi", false)
	must(c, "include_bias", false)
	must(c, "include_qkv_bias", false)
	must(c, "input_emb_norm", false)
	must(c, "scale_logits", false)
	must(c, "weight_tying", false)
	if err := c.err(); err != nil {
		return nil, err
	}
	if a.Heads > 0 {
		a.HeadDim = a.Width / a.Heads
	}
	const root = "model.transformer."
	a.Embed = root + "wte.weight"
	a.FinalNorm = root + "ln_f.weight"
	// The head shares its leaf name with every block's down projection.
	a.OutHead = root + "ff_out.weight"
	for n := range min(max(a.Layers, 0), 1<<12) {
		p := fmt.Sprintf("%sblocks.%d.", root, n)
		a.Blocks = append(a.Blocks, Block{
			AttnNorm: p + "attn_norm.weight",
			Q:        p + "q_proj.weight",
			K:        p + "k_proj.weight",
			V:        p + "v_proj.weight",
			Out:      p + "attn_out.weight",
			FFNorm:   p + "ff_norm.weight",
			Gate:     p + "ff_proj.weight",
			Up:       p + "up_proj.weight",
			Down:     p + "ff_out.weight",
		})
	}
	return a, nil
}
