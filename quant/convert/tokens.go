package convert

import (
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
// everything else reads there. It checks tokenizer and template now, so that a
// container is never made that cannot be talked to.
func (v *Inventory) readTokens(t *arch.Tokens, maskID *int32) error {
	mask, err := maskToken(t.Mask, maskID, v.Arch.Vocab)
	if err != nil {
		return err
	}
	if t.EOS == arch.None {
		return configError(errors.New("says no token that ends the text"))
	}
	v.Model = container.Model{Class: v.Arch.Class, MaskID: mask, EndIDs: []int32{t.EOS}}
	v.Special = []int32{mask, t.EOS}
	if data := v.Section(container.SectionTokenizer); data != nil {
		if err := v.readTokenizer(data, t.TurnEnds); err != nil {
			return err
		}
	}
	slices.Sort(v.Special)
	v.Special = slices.Compact(v.Special)
	_, err = chat.FromConfig(v.Section(container.SectionTokenizerConfig),
		v.Section(container.SectionChatTemplate), v.Section(container.SectionSpecialTokens))
	return err
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

// readTokenizer learns the special tokens and those that end a turn.
func (v *Inventory) readTokenizer(data []byte, turnEnds []string) error {
	t, err := tokenizer.Parse(data)
	if err != nil {
		return err
	}
	if t.Size() > v.Arch.Vocab {
		return &formats.ParseError{File: container.SectionTokenizer, Offset: -1,
			Err: fmt.Errorf("has token ids up to %d, the model's vocabulary only %d rows", t.Size()-1, v.Arch.Vocab)}
	}
	for _, a := range t.Added() {
		if a.Special {
			v.Special = append(v.Special, a.ID)
		}
	}
	for _, text := range turnEnds {
		if id, ok := t.ID(text); ok && !slices.Contains(v.Model.EndIDs, id) {
			v.Model.EndIDs = append(v.Model.EndIDs, id)
		}
	}
	return nil
}

func configError(err error) error {
	return &formats.ParseError{File: container.SectionConfig, Offset: -1, Err: err}
}
