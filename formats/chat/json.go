package chat

import (
	"sort"
	"strconv"
	"strings"

	"github.com/mitsuhiko/minijinja/minijinja-go/v2/value"
)

// tojson is json.dumps(v, ensure_ascii=False, indent=…), as Hugging Face
// overrides Jinja's, which would escape for HTML. The engine keeps no order of
// keys, so they come sorted.
func (c call) tojson() (value.Value, error) {
	if err := c.m.deep(c.self, 0); err != nil {
		return value.Undefined(), err
	}
	w := jsonWriter{m: c.m, indent: c.limit(0, "indent")}
	w.indent = min(w.indent, 16)
	err := w.write(c.self, 1)
	return value.FromString(w.String()), err
}

type jsonWriter struct {
	strings.Builder
	m      *meter
	indent int // spaces per level, -1 for a single line
}

func (w *jsonWriter) write(v value.Value, depth int) error {
	if s, ok := v.AsString(); ok {
		w.quote(s)
		return w.m.spend(len(s))
	}
	if m, ok := v.AsMap(); ok {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		return w.list("{", "}", len(keys), depth, func(i int) error {
			w.quote(keys[i])
			w.WriteString(": ")
			return w.write(m[keys[i]], depth+1)
		})
	}
	switch v.Kind() {
	case value.KindNone:
		w.WriteString("null")
	case value.KindBool:
		w.WriteString(strconv.FormatBool(v.IsTrue()))
	case value.KindNumber:
		w.WriteString(v.String())
	case value.KindSeq, value.KindIterable:
		items := v.Iter()
		return w.list("[", "]", len(items), depth, func(i int) error { return w.write(items[i], depth+1) })
	default:
		return invalid(v.Kind().String() + " cannot be written as JSON")
	}
	return nil
}

func (w *jsonWriter) list(open, closing string, n, depth int, element func(int) error) error {
	w.WriteString(open)
	for i := range n {
		if i > 0 && w.indent < 0 {
			w.WriteString(", ")
		} else if i > 0 {
			w.WriteByte(',')
		}
		if err := w.newline(depth); err != nil {
			return err
		}
		if err := element(i); err != nil {
			return err
		}
	}
	if n > 0 {
		if err := w.newline(depth - 1); err != nil {
			return err
		}
	}
	w.WriteString(closing)
	return nil
}

func (w *jsonWriter) newline(depth int) error {
	if w.indent < 0 {
		return nil
	}
	w.WriteByte('\n')
	w.WriteString(strings.Repeat(" ", w.indent*depth))
	return w.m.spend(w.indent * depth)
}

// quote writes what Python does: only quotes, backslashes and control
// characters are escaped.
func (w *jsonWriter) quote(s string) {
	const hex = "0123456789abcdef"
	w.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			w.WriteByte('\\')
			w.WriteByte(c)
		case c == '\n':
			w.WriteString(`\n`)
		case c == '\r':
			w.WriteString(`\r`)
		case c == '\t':
			w.WriteString(`\t`)
		case c == '\b':
			w.WriteString(`\b`)
		case c == '\f':
			w.WriteString(`\f`)
		case c < 0x20:
			w.WriteString(`\u00`)
			w.WriteByte(hex[c>>4])
			w.WriteByte(hex[c&15])
		default:
			w.WriteByte(c)
		}
	}
	w.WriteByte('"')
}
