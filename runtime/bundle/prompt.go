package bundle

import (
	"errors"

	"llada/formats/chat"
)

// Why text cannot become tokens of a model.
var (
	ErrNoTokenizer = errors.New("the container holds no tokenizer: give token ids instead of text")
	ErrNoTemplate  = errors.New("the model has no chat template: give a prompt instead of messages")
)

// Encode turns text into token ids as it stands.
func (b *Bundle) Encode(text string) ([]int32, error) {
	if b.Tokenizer == nil {
		return nil, ErrNoTokenizer
	}
	return b.Tokenizer.Encode(text)
}

// EncodeChat renders a conversation by the model's template, up to where its
// answer begins, and encodes it.
func (b *Bundle) EncodeChat(messages []chat.Message) ([]int32, error) {
	switch {
	case b.Tokenizer == nil:
		return nil, ErrNoTokenizer
	case b.Template == nil:
		return nil, ErrNoTemplate
	}
	prompt, err := b.Template.Render(messages, true)
	if err != nil {
		return nil, err
	}
	return b.Tokenizer.Encode(prompt.Text)
}
