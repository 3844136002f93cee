package bundle

import (
	"errors"
	"fmt"
	"strings"

	"llada/formats"
	"llada/formats/chat"
)

// ControlTokens says where control tokens, by which prompts are laid out, are
// recognised in text (docs/text.md).
type ControlTokens string

// The ways to read them.
const (
	ControlAuto  ControlTokens = "auto"  // in raw text and in what the chat template writes, not in messages
	ControlParse ControlTokens = "parse" // everywhere, as the reference does
	ControlText  ControlTokens = "text"  // in what the chat template writes
)

// Known reports whether there is such a way; "" is ControlAuto.
func (c ControlTokens) Known() bool {
	return c == "" || c == ControlAuto || c == ControlParse || c == ControlText
}

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
	if b.controls != ControlText {
		return b.Tokenizer.Encode(text)
	}
	ids, _, err := b.Tokenizer.EncodeInput(text, []formats.Span{{Lo: 0, Hi: len(text)}}, b.control)
	return ids, err
}

// Cut is where a text for Encode that goes on can be cut (tokenizer.Cut). The
// container holds a tokenizer.
func (b *Bundle) Cut(text string) int { return b.Tokenizer.Cut(text) }

// Decode is the text of ids. The container holds a tokenizer.
func (b *Bundle) Decode(ids []int32, skipSpecial bool) string {
	return b.Tokenizer.Decode(ids, skipSpecial)
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
	if b.controls == ControlParse {
		return b.Tokenizer.Encode(prompt.Text)
	}
	ids, typed, err := b.Tokenizer.EncodeInput(prompt.Text, prompt.Input, b.control)
	if b.controls != ControlText && len(typed) > 0 {
		b.notice("a message holds %s, which is read as text (--control-tokens parse reads control tokens)", b.names(typed))
	}
	return ids, err
}

// NoticeMasks tells the user once if a prompt holds the mask token.
func (b *Bundle) NoticeMasks(prompt []int32) {
	n := 0
	for _, id := range prompt {
		if id == b.Tokens.Mask {
			n++
		}
	}
	if n > 0 {
		b.notice("%d of the prompt's %d tokens are the mask token: to the model these are positions to fill, as those of the answer are", n, len(prompt))
	}
}

// names lists tokens as they are written.
func (b *Bundle) names(ids []int32) string {
	var names []string
	for _, id := range ids {
		names = append(names, fmt.Sprintf("%q", b.Tokenizer.Decode([]int32{id}, false)))
	}
	return strings.Join(names, ", ")
}

// notice tells what the user should know, once for each thing to say.
func (b *Bundle) notice(format string, args ...any) {
	if b.note != nil && !b.noticed[format] {
		b.noticed[format] = true
		b.note(fmt.Sprintf(format, args...))
	}
}
