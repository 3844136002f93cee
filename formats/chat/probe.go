package chat

import (
	"errors"
	"fmt"
)

// Severity is what follows from a conversation that a template cannot render.
type Severity int

const (
	Note    Severity = iota // many templates are so, and the reference is with them
	Warning                 // some conversations will fail
	Useless                 // all will
)

// Finding is a kind of conversation that a template cannot render.
type Finding struct {
	Conversation string // "a single turn", …
	Severity     Severity
	Err          error // a *formats.ParseError that names the conversation
}

// Probe renders one conversation of each kind, with and without the opening of
// an answer, and returns those that fail, up to one that is Useless, so that a template which cannot serve
// is found before it is needed. A system message that the template refuses by
// itself is a note, and so is an empty history, which nothing asks for.
func (t *Template) Probe() []Finding {
	user, assistant := Message{"user", "Hello!"}, Message{"assistant", "Hi. How can I help?"}
	var out []Finding
	for _, c := range []struct {
		name     string
		messages []Message
		severity Severity
	}{
		{"a single turn", []Message{user}, Useless},
		{"several turns", []Message{user, assistant, user}, Warning},
		{"a system message", []Message{{"system", "Be brief."}, user}, Warning},
		{"an empty history", nil, Note},
	} {
		for _, ask := range []bool{true, false} {
			_, err := t.Render(c.messages, ask)
			if err == nil {
				continue
			}
			f := Finding{Conversation: c.name, Severity: c.severity}
			if !ask {
				f.Conversation += " without the opening of an answer"
				f.Severity = min(f.Severity, Warning)
			}
			f.Err = fault(fmt.Errorf("cannot render %s: %w", f.Conversation, errors.Unwrap(err)))
			if c.name == "a system message" && refused(err) {
				f.Severity = Note
			}
			out = append(out, f)
			if f.Severity == Useless { // and perhaps slow to say so
				return out
			}
			break
		}
	}
	return out
}
