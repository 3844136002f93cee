package jinja

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// toJSON is the filter tojson as transformers defines it: Python's json.dumps
// without escapes for what is not ASCII.
func toJSON(a *args) Value {
	w := &jsonWriter{r: a.r, b: a.r.build(), ascii: a.bool(1), sort: a.bool(4), item: ", ", key: ": "}
	_, alone := a.v[0].(str)
	indent := a.value(2, None)
	if alone { // Python writes a text before it looks at this
		indent = None
	}
	switch v := indent.(type) {
	case none:
	case str:
		w.indent, w.lines = v, true
	default:
		n, ok := small(v)
		if !ok {
			a.r.fail("tojson indents by a number or a string, not %s", a.r.describe(v))
		}
		b := a.r.build()
		b.repeat(str{s: " "}, n)
		w.indent, w.lines = b.str(), true
	}
	if w.lines {
		w.item = ","
	}
	if !a.isNone(3) {
		pair := a.r.items(a.v[3])
		if len(pair) != 2 {
			a.r.fail("tojson wants two separators")
		}
		item, one := pair[0].(str)
		key, two := pair[1].(str)
		if !alone && !(one && two) {
			a.r.fail("tojson separates by texts, not by %s and %s", a.r.describe(pair[0]), a.r.describe(pair[1]))
		}
		w.item, w.key = item.s, key.s
	}
	w.value(a.v[0], 0)
	return w.b.str()
}

type jsonWriter struct {
	r                  *rendering
	b                  *builder
	ascii, sort, lines bool
	indent             str
	item, key          string
}

func (w *jsonWriter) newline(depth int) {
	if w.lines {
		w.b.text("\n", false)
		w.b.repeat(w.indent, depth)
	}
}

func (w *jsonWriter) value(v Value, depth int) {
	inner := w.r.deeper(depth)
	switch v := v.(type) {
	case none:
		w.b.text("null", false)
	case bool:
		w.b.text(fmt.Sprint(v), false)
	case int, *big.Int:
		w.b.text(w.r.formatInt(v), false)
	case float64:
		w.b.text(jsonFloat(v), false)
	case str:
		w.text(v)
	case *list:
		if len(v.items) == 0 {
			w.b.text("[]", false)
			return
		}
		w.b.text("[", false)
		for i, item := range v.items {
			if i > 0 {
				w.b.text(w.item, false)
			}
			w.newline(inner)
			w.value(item, inner)
		}
		w.newline(depth)
		w.b.text("]", false)
	case *Dict:
		if len(v.keys) == 0 {
			w.b.text("{}", false)
			return
		}
		w.b.text("{", false)
		pairs := w.r.drain(w.r.each(view{v, "items"}))
		if w.sort {
			pairs = w.r.sort(pairs, func(p Value) Value { return p }, w.r.lessThan, false)
		}
		for i, p := range pairs {
			if i > 0 {
				w.b.text(w.item, false)
			}
			w.newline(inner)
			p := p.(*list).items
			switch k := p[0].(type) {
			case str:
				w.text(k)
			case none, bool, int, *big.Int, float64:
				w.b.text(`"`, false)
				w.value(k, inner)
				w.b.text(`"`, false)
			default:
				w.r.fail("%s cannot be a key in JSON", w.r.describe(k))
			}
			w.b.text(w.key, false)
			w.value(p[1], inner)
		}
		w.newline(depth)
		w.b.text("}", false)
	default:
		w.r.fail("%s cannot be written as JSON", w.r.describe(v))
	}
}

func jsonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return formatFloat(f)
}

func (w *jsonWriter) text(s str) {
	w.b.text(`"`, false)
	w.b.add(w.r.mapped(s, func(_ int, c rune) string {
		switch {
		case c == '"' || c == '\\':
			return "\\" + string(c)
		case c < ' ':
			if i := strings.IndexRune("\b\t\n\f\r", c); i >= 0 {
				return "\\" + "btnfr"[i:i+1]
			}
			return fmt.Sprintf(`\u%04x`, c)
		case w.ascii && c >= 0x10000:
			hi, lo := utf16.EncodeRune(c)
			return fmt.Sprintf(`\u%04x\u%04x`, hi, lo)
		case w.ascii && c >= utf8.RuneSelf:
			return fmt.Sprintf(`\u%04x`, c)
		}
		return char(c)
	}))
	w.b.text(`"`, false)
}
