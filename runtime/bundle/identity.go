package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"llada/formats"
	"llada/formats/container"
)

// Identity describes all that decides what the container computes: equal for two
// files whose network, special tokens, tensors and tokenizer are equal, however they
// are laid out.
func (b *Bundle) Identity() (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%+v %+v\n", *b.Arch, b.Tokens)
	infos := b.File.Infos()
	slices.SortFunc(infos, func(x, y formats.Info) int { return strings.Compare(x.Name, y.Name) })
	for _, i := range infos {
		fmt.Fprintln(h, i.Name, i.Encoding, i.Shape, i.Size, i.Codebook, i.Replaces, b.File.Checksum(i.Name))
	}
	tokenizer, err := b.TokenizerIdentity()
	return hex.EncodeToString(h.Sum(nil)) + tokenizer, err
}

// TokenizerIdentity describes the tokenizer, however its file is laid out; ""
// without one.
func (b *Bundle) TokenizerIdentity() (string, error) {
	data, err := b.File.Optional(container.SectionTokenizer)
	if err != nil || data == nil {
		return "", err
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return "", err
	}
	h := sha256.New()
	json.NewEncoder(h).Encode([]any{v})
	return hex.EncodeToString(h.Sum(nil)), nil
}

// TemplateIdentity describes the files that the chat template comes from; "" without
// any.
func (b *Bundle) TemplateIdentity() (string, error) {
	h, found := sha256.New(), false
	for _, name := range []string{container.SectionTokenizerConfig, container.SectionChatTemplate, container.SectionSpecialTokens} {
		data, err := b.File.Optional(name)
		if err != nil {
			return "", err
		}
		found = found || data != nil
		fmt.Fprintf(h, "%s %d\n%s\n", name, len(data), data)
	}
	if !found {
		return "", nil
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Comparable says why another model cannot meet the same tokens and masks; nil if
// it can.
func (b *Bundle) Comparable(other *Bundle) error {
	if b.Arch.Vocab != other.Arch.Vocab {
		return fmt.Errorf("vocabularies of %d and %d tokens", other.Arch.Vocab, b.Arch.Vocab)
	}
	if b.Tokens.Mask != other.Tokens.Mask {
		return fmt.Errorf("mask tokens %d and %d", other.Tokens.Mask, b.Tokens.Mask)
	}
	x, err := b.TokenizerIdentity()
	if err != nil {
		return err
	}
	y, err := other.TokenizerIdentity()
	if err == nil && x != y {
		err = fmt.Errorf("their tokenizers differ")
	}
	return err
}
