package chat

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"llada/formats"
	"llada/formats/chat/jinja"
)

const maxText = 16 << 20

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Prompt is a rendered conversation. Input has the bytes of Text that came from
// the messages and not from the template: ascending, disjoint, none empty.
type Prompt struct {
	Text  string
	Input []formats.Span
}

// Template is a checked chat template. It may be rendered by many goroutines.
type Template struct {
	t      *jinja.Template
	source string
	tokens map[string]string
	now    func() time.Time
}

// Parse checks a template. tokens are the names a template may use for special
// tokens, such as bos_token. Errors are *formats.ParseError.
func Parse(source string, tokens map[string]string) (*Template, error) {
	t, err := jinja.Parse(source)
	if err != nil {
		return nil, fault(err)
	}
	return &Template{t: t, source: source, tokens: tokens, now: time.Now}, nil
}

// Roles are those that templates know. Another one counts as input: a template
// that writes <|role|> would let it name any control token.
var Roles = []string{"system", "user", "assistant", "tool", "developer", "function", "ipython", "observation"}

// Markup is what the template writes by itself: its source, and the special tokens
// that it knows by name.
func (t *Template) Markup() string {
	return t.source + "\n" + strings.Join(slices.Sorted(maps.Values(t.tokens)), "\n")
}

// Render is the prompt for a conversation; addGenerationPrompt asks for the
// opening of the assistant's answer at its end, which some templates write in
// any case. Errors are *formats.ParseError.
func (t *Template) Render(messages []Message, addGenerationPrompt bool) (Prompt, error) {
	list := make([]jinja.Value, len(messages))
	size := 0
	for i, m := range messages {
		role := jinja.Input(m.Role)
		if slices.Contains(Roles, m.Role) {
			role = jinja.String(m.Role)
		}
		list[i] = jinja.NewDict("role", role, "content", jinja.Input(m.Content))
		size += len(m.Role) + len(m.Content)
	}
	if size > maxText {
		return Prompt{}, fault(fmt.Errorf("messages of %d bytes, more than %d", size, maxText))
	}
	vars := map[string]jinja.Value{}
	for name, token := range t.tokens {
		vars[name] = jinja.String(token)
	}
	vars["messages"] = jinja.List(list...)
	vars["add_generation_prompt"] = addGenerationPrompt
	vars["tools"], vars["documents"] = jinja.None, jinja.None
	text, input, err := t.t.Render(vars, size, t.now())
	if err != nil {
		return Prompt{}, fault(err)
	}
	return Prompt{text, input}, nil
}

func fault(err error) error {
	return &formats.ParseError{File: "chat_template", Offset: -1, Err: err}
}

// refused reports whether a template itself refused a conversation.
func refused(err error) bool {
	var e *jinja.Error
	return errors.As(err, &e) && e.Raised
}
