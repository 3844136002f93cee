package jinja

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// text is Python's str of a value: what {{ }} writes.
func (r *rendering) text(v Value) str {
	switch v := v.(type) {
	case str:
		v.markup = false
		return v
	case *undefined:
		return str{}
	case int:
		r.pay(costBox)
		return str{s: strconv.Itoa(v)}
	}
	b := r.build()
	r.repr(b, v)
	return b.str()
}

// repr writes Python's repr of a value.
func (r *rendering) repr(b *builder, v Value) { r.reprDeep(b, v, 0, nil) }

// reprDeep knows the lists and mappings around a value: one that stands in
// itself, through a namespace, is written as dots.
func (r *rendering) reprDeep(b *builder, v Value, depth int, around []Value) {
	depth = r.deeper(depth)
	inside := func(v Value, dots string) bool {
		r.pay(len(around))
		if slices.Contains(around, v) {
			b.text(dots, false)
			return true
		}
		around = append(around, v)
		return false
	}
	switch v := v.(type) {
	case none:
		b.text("None", false)
	case *undefined:
		b.text("Undefined", false)
	case bool:
		b.text(map[bool]string{true: "True", false: "False"}[v], false)
	case int, *big.Int:
		b.text(r.formatInt(v), false)
	case float64:
		b.text(formatFloat(v), false)
	case str:
		if v.markup {
			b.text("Markup(", false)
		}
		r.reprStr(b, v)
		if v.markup {
			b.text(")", false)
		}
	case *list:
		open, shut := "[", "]"
		if v.tuple {
			open, shut = "(", ")"
			if len(v.items) == 1 {
				shut = ",)"
			}
		}
		if inside(v, open+"..."+strings.TrimPrefix(shut, ",")) {
			return
		}
		b.text(open, false)
		for i, item := range v.items {
			if i > 0 {
				b.text(", ", false)
			}
			r.reprDeep(b, item, depth, around)
		}
		b.text(shut, false)
	case *Dict:
		if inside(v, "{...}") {
			return
		}
		b.text("{", false)
		for i, k := range v.keys {
			if i > 0 {
				b.text(", ", false)
			}
			r.reprDeep(b, k, depth, around)
			b.text(": ", false)
			r.reprDeep(b, v.values[i], depth, around)
		}
		b.text("}", false)
	case view:
		b.text("dict_"+v.kind+"(", false)
		r.reprDeep(b, &list{items: r.drain(r.each(v))}, depth, around)
		b.text(")", false)
	case numbers:
		for _, n := range []int{v.start, v.stop, v.step} {
			if n == 1<<62 || n == -1<<62 {
				r.fail("a range that reaches beyond 62 bits is written as text")
			}
		}
		s := fmt.Sprintf("range(%d, %d", v.start, v.stop)
		if v.step != 1 {
			s += fmt.Sprintf(", %d", v.step)
		}
		b.text(s+")", false)
	case *namespace:
		b.text("<Namespace ", false)
		r.reprDeep(b, v.attrs, depth, around)
		b.text(">", false)
	case *macroValue:
		b.text("<Macro ", false)
		if v.name == "" {
			b.text("anonymous", false)
		} else {
			r.reprStr(b, str{s: v.name})
		}
		b.text(">", false)
	case *loop:
		b.text(fmt.Sprintf("<LoopContext %d/%d>", v.index0+1, v.length()), false)
	case *object:
		if v.text == "" {
			r.fail("a %s is written as text", typeName(v))
		}
		b.text(v.text, false)
	default:
		r.fail("a %s is written as text: an iterator needs the filter list, a function its parentheses", typeName(v))
	}
}

// reprStr writes a string as a literal of Python.
func (r *rendering) reprStr(b *builder, s str) {
	r.pay(len(s.s))
	delimiter := byte('\'')
	double := false
	for i := range len(s.s) {
		switch s.s[i] {
		case '\'':
			delimiter = '"'
		case '"':
			double = true
		}
	}
	if double {
		delimiter = '\''
	}
	b.text(string(delimiter), false)
	b.add(r.mapped(s, func(i int, c rune) string { return escape(s.s, i, c, delimiter) }))
	b.text(string(delimiter), false)
}

// escape is a character of a literal.
func escape(s string, i int, c rune, delimiter byte) string {
	switch {
	case c == rune(delimiter) || c == '\\':
		return "\\" + string(c)
	case c == '\n':
		return `\n`
	case c == '\r':
		return `\r`
	case c == '\t':
		return `\t`
	case c < utf8.RuneSelf && (c < ' ' || c == 0x7f):
		return escaped(c)
	case c < utf8.RuneSelf || printable(c):
		if c == utf8.RuneError {
			_, size := utf8.DecodeRuneInString(s[i:])
			return s[i : i+size]
		}
		return char(c)
	}
	return escaped(c)
}

// escaped is a character by its number.
func escaped(c rune) string {
	switch {
	case c < 0x100:
		return fmt.Sprintf(`\x%02x`, c)
	case c < 0x10000:
		return fmt.Sprintf(`\u%04x`, c)
	}
	return fmt.Sprintf(`\U%08x`, c)
}

// printable is Python's str.isprintable of a character.
func printable(c rune) bool {
	return c == ' ' || unicode.In(c, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S)
}

// quote is a name in an error.
func quote(s string) string { return strconv.Quote(s) }

// plain is a number as text, for errors.
func plain(v Value) string { return fmt.Sprint(v) }

// describe is a value in an error: its type and, where it is short, itself.
func (r *rendering) describe(v Value) string {
	switch v := v.(type) {
	case *undefined:
		return v.why
	case none:
		return "none"
	case bool, int, float64:
		return typeName(v) + " " + plain(v)
	case str:
		if len(v.s) <= 40 {
			return "str " + quote(v.s)
		}
	}
	return typeName(v)
}
