package convert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"llada/formats"
	"llada/formats/arch"
	"llada/formats/chat"
	"llada/formats/container"
	"llada/formats/tokenizer"
)

// MaskError says that the mask token asked for cannot be.
type MaskError struct {
	ID     int32 // as asked for
	Config int32 // as config.json has it; arch.None if it does not say
	Vocab  int
}

// Error says why.
func (e *MaskError) Error() string {
	if e.Config != arch.None {
		return fmt.Sprintf("mask id %d contradicts config.json, whose mask_token_id is %d", e.ID, e.Config)
	}
	return fmt.Sprintf("mask id %d is outside the vocabulary of %d", e.ID, e.Vocab)
}

// readTokens decides the special tokens, which the container records and
// everything else reads there. It checks the tokenizer now, so that a container is
// never made that cannot be talked to. Every token that a file says to end a text
// ends an answer; the first of the configuration's is the first.
func (v *Inventory) readTokens(t *arch.Tokens, maskID *int32) error {
	mask, err := maskToken(t.Mask, maskID, v.Arch.Vocab)
	if err != nil {
		return err
	}
	v.Model = container.Model{Class: v.Arch.Class, MaskID: mask}
	v.Special = []int32{mask}
	for _, id := range t.EOS {
		if id == mask {
			return configError(fmt.Errorf("the mask token %d cannot end a text", id))
		}
		v.end(id)
	}
	v.readGeneration()
	if err := v.readTokenizer(t.TurnEnds); err != nil {
		return err
	}
	if len(v.Model.EndIDs) == 0 {
		return configError(errors.New(`says no token that ends the text, and no other file does: add "eos_token_id"`))
	}
	if n := len(v.Model.EndIDs); n > maxEnds {
		return configError(fmt.Errorf("%d tokens end a text, with those of the other files; at most %d can", n, maxEnds))
	}
	v.Special = append(v.Special, v.Model.EndIDs...)
	slices.Sort(v.Special)
	v.Special = slices.Compact(v.Special)
	return nil
}

// maxEnds bounds the tokens that end an answer; a model has one to three.
const maxEnds = 64

// end notes a token that ends an answer.
func (v *Inventory) end(id int32) {
	if !slices.Contains(v.Model.EndIDs, id) {
		v.Model.EndIDs = append(v.Model.EndIDs, id)
	}
}

// readGeneration learns which tokens end an answer from generation_config.json. The
// reference does without a file that it cannot read, and never meets a token that
// does not exist.
func (v *Inventory) readGeneration() {
	const name = container.SectionGenerationConfig
	data := v.Section(name)
	if data == nil {
		return
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		v.warn("%s: not read: %v", name, err)
		return
	}
	ids, err := arch.TokenIDs(keys["eos_token_id"])
	if err != nil {
		v.warn("%s: eos_token_id is %v: not read", name, err)
		return
	}
	for _, id := range ids {
		switch {
		case id < 0 || int(id) >= v.Arch.Vocab:
			v.warn("%s: end token %d is outside the vocabulary of %d", name, id, v.Arch.Vocab)
		case id == v.Model.MaskID:
			v.warn("%s: the mask token %d cannot end a text", name, id)
		default:
			v.end(id)
		}
	}
}

// maskToken is the one of config.json or, where that is silent, the one asked
// for.
func maskToken(config int32, asked *int32, vocab int) (int32, error) {
	switch {
	case asked == nil && config == arch.None:
		return 0, configError(errors.New(
			`key "mask_token_id" is missing or null: add --mask-id with the id of the mask token, which the model's card tells`))
	case asked == nil:
		return config, nil
	case *asked < 0 || int(*asked) >= vocab:
		return 0, &MaskError{ID: *asked, Config: arch.None, Vocab: vocab}
	case config != arch.None && config != *asked:
		return 0, &MaskError{ID: *asked, Config: config, Vocab: vocab}
	}
	return *asked, nil
}

// readTokenizer puts the tokenizer's files into one, and learns its special tokens
// and those that end a text or a turn.
func (v *Inventory) readTokenizer(turnEnds []string) error {
	data := v.Section(container.SectionTokenizer)
	if data == nil {
		v.warn("no %s: the container takes and gives token ids only (generate --ids, logits --ids); text, chat and scoring of text will not work%s",
			container.SectionTokenizer, otherTokenizer(v.Path))
		return nil
	}
	t, err := tokenizer.Files{
		Tokenizer: data, Config: v.Section(container.SectionTokenizerConfig),
		SpecialTokensMap: v.Section(container.SectionSpecialTokens), AddedTokens: v.Section(addedTokens),
	}.Merge(v.Arch.Vocab)
	if err != nil {
		return err
	}
	if t.Size() > v.Arch.Vocab {
		with := ""
		if !bytes.Equal(t.File, data) {
			with = ", with the tokens of the files beside it"
		}
		return &formats.ParseError{File: container.SectionTokenizer, Offset: -1,
			Err: fmt.Errorf("has token ids up to %d%s, the model's vocabulary only %d rows", t.Size()-1, with, v.Arch.Vocab)}
	}
	v.setSection(container.SectionTokenizer, t.File)
	const show = 16
	for _, note := range t.Notes[:min(len(t.Notes), show)] {
		v.warn("%s", note)
	}
	if more := len(t.Notes) - show; more > 0 {
		v.warn("and %d more tokens of this kind", more)
	}
	for _, a := range t.Added() {
		if a.Special {
			v.Special = append(v.Special, a.ID)
		}
	}
	for _, text := range append([]string{t.EOS}, turnEnds...) {
		if id, ok := t.ID(text); ok && id != v.Model.MaskID {
			v.end(id)
		}
	}
	return nil
}

// readTemplate checks the chat template. What does not hinder a conversion but
// will a conversation is a warning.
func (v *Inventory) readTemplate() error {
	t, err := chat.FromConfig(v.Section(container.SectionTokenizerConfig),
		v.Section(container.SectionChatTemplate), v.Section(container.SectionSpecialTokens))
	if err != nil {
		return err
	}
	if v.twoTemplates() {
		v.warn("%s and chat_template in %s differ: the file is taken, as transformers does",
			container.SectionChatTemplate, container.SectionTokenizerConfig)
	}
	if t == nil && v.Section(container.SectionTokenizer) != nil {
		v.warn("no chat template (neither %s nor chat_template in %s): prompts go to the model as they are, as with --raw; messages and chat will not work",
			container.SectionChatTemplate, container.SectionTokenizerConfig)
	}
	if t != nil {
		return v.probeTemplate(t)
	}
	return nil
}

// probeTemplate tries the template: one that cannot render a single turn is none.
func (v *Inventory) probeTemplate(t *chat.Template) error {
	for _, f := range t.Probe() {
		switch f.Severity {
		case chat.Useless:
			return f.Err
		case chat.Warning:
			v.warn("%v", f.Err)
		}
	}
	return nil
}

// twoTemplates reports a template of tokenizer_config.json that the one in a file of
// its own replaces by another.
func (v *Inventory) twoTemplates() bool {
	file := v.Section(container.SectionChatTemplate)
	var c struct {
		Template any `json:"chat_template"`
	}
	if file == nil || json.Unmarshal(v.Section(container.SectionTokenizerConfig), &c) != nil || c.Template == nil {
		return false
	}
	text, ok := c.Template.(string)
	return !ok || text != string(file)
}

func configError(err error) error {
	return &formats.ParseError{File: container.SectionConfig, Offset: -1, Err: err}
}
