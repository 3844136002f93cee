package chat

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"llada/formats"

	"github.com/mitsuhiko/minijinja/minijinja-go/v2"
	"github.com/mitsuhiko/minijinja/minijinja-go/v2/syntax"
)

const (
	maxTemplate = 1 << 20
	maxText     = 16 << 20
	maxSteps    = 2_000_000
	maxTouched  = 128 << 20
	maxRawTotal = 64 << 20 // steps × longest literal text

	// Loops and macros inside one another. The evaluator recurses through an
	// expression for each, so this times maxDeepTokens bounds its stack.
	maxRecursion = 64
)

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
	source string // rewritten
	raw    int    // longest stretch of literal text
	tokens map[string]string
	now    func() time.Time
}

// Parse checks a template. tokens are the names a template may use for special
// tokens, such as bos_token. Errors are *formats.ParseError.
func Parse(source string, tokens map[string]string) (t *Template, err error) {
	defer recovered(&err)
	if len(source) > maxTemplate {
		return nil, fault(0, "template of %d bytes, more than %d", len(source), maxTemplate)
	}
	// Jinja reads every line ending as one newline.
	source = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source)
	text, raw, err := rewrite(source)
	if err != nil {
		return nil, err
	}
	t = &Template{source: text, raw: raw, tokens: tokens, now: time.Now}
	if _, err := t.compile(&meter{}); err != nil {
		return nil, located(err)
	}
	return t, nil
}

// Render is the prompt for a conversation; addGenerationPrompt asks for the
// opening of the assistant's answer at its end, which some templates write in
// any case. Errors are *formats.ParseError.
func (t *Template) Render(messages []Message, addGenerationPrompt bool) (prompt Prompt, err error) {
	defer recovered(&err)
	list := make([]any, len(messages))
	size := 0
	for i, m := range messages {
		list[i] = map[string]any{"role": m.Role, "content": m.Content}
		size += len(m.Role) + len(m.Content)
	}
	if size > maxText {
		return Prompt{}, fault(0, "messages of %d bytes, more than %d", size, maxText)
	}
	vars := map[string]any{"messages": list, "add_generation_prompt": addGenerationPrompt}
	for name, token := range t.tokens {
		vars[name] = token
	}
	p, err := t.compile(&meter{left: maxTouched + 64*int64(size)})
	if err != nil {
		return Prompt{}, located(err)
	}
	var out limited
	if err := p.RenderToWrite(vars, &out); err != nil {
		return Prompt{}, located(err)
	}
	return Prompt{Text: out.text.String()}, nil
}

// compile binds the template to a meter. Parsing anew for each rendering costs
// microseconds and keeps renderings independent.
func (t *Template) compile(m *meter) (*minijinja.Template, error) {
	env := minijinja.NewEnvironment()
	env.SetWhitespace(syntax.WhitespaceConfig{TrimBlocks: true, LstripBlocks: true})
	env.SetAutoEscapeFunc(func(string) minijinja.AutoEscape { return minijinja.AutoEscapeNone })
	env.SetRecursionLimit(maxRecursion)
	env.SetDebug(true) // errors carry lines
	steps := uint64(min(maxSteps, maxRawTotal/max(t.raw, 1)))
	env.SetFuel(&steps)
	addFunctions(env, m, t.now)
	addFilters(env, m)
	return env.TemplateFromNamedString("chat_template", t.source)
}

// limited is a string that refuses to grow beyond maxText.
type limited struct{ text strings.Builder }

func (l *limited) Write(p []byte) (int, error) { return l.WriteString(string(p)) }

func (l *limited) WriteString(s string) (int, error) {
	if l.text.Len()+len(s) > maxText {
		return 0, invalid(fmt.Sprintf("output of more than %d bytes", maxText))
	}
	return l.text.WriteString(s)
}

func fault(line int, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if line > 0 {
		err = fmt.Errorf("line %d: %w", line, err)
	}
	return &formats.ParseError{File: "chat_template", Offset: -1, Err: err}
}

var syntaxError = regexp.MustCompile(`^SyntaxError: (.*) \(line (\d+)\)$`)

// located turns an error of the engine into one that names the line.
func located(err error) error {
	var parse *formats.ParseError
	if errors.As(err, &parse) {
		return err
	}
	var e *minijinja.Error
	if !errors.As(err, &e) {
		// The engine keeps the type of its syntax errors to itself.
		if m := syntaxError.FindStringSubmatch(err.Error()); m != nil {
			line, _ := strconv.Atoi(m[2])
			return fault(line, "%s", m[1])
		}
		return fault(0, "%w", err)
	}
	line := 0
	if e.Span != nil {
		line = int(e.Span.StartLine)
	}
	if e.Kind == minijinja.ErrInvalidOperation {
		return fault(line, "%s", e.Message)
	}
	return fault(line, "%s: %s", e.Kind, e.Message)
}

// recovered keeps a defect of the engine from ending the process.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fault(0, "the template engine failed: %v", r)
	}
}
