package chat

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mitsuhiko/minijinja/minijinja-go/v2/value"
)

// call is a method call: Python's str and dict methods that chat templates use.
// Arguments were charged when they were evaluated; self is charged here.
type call struct {
	m      *meter
	self   value.Value
	args   []value.Value
	kwargs map[string]value.Value
}

var methods = map[string]func(call) (value.Value, error){
	"strip":        func(c call) (value.Value, error) { return c.strip(true, true) },
	"lstrip":       func(c call) (value.Value, error) { return c.strip(true, false) },
	"rstrip":       func(c call) (value.Value, error) { return c.strip(false, true) },
	"split":        call.split,
	"splitlines":   call.splitlines,
	"startswith":   func(c call) (value.Value, error) { return c.affix(strings.HasPrefix) },
	"endswith":     func(c call) (value.Value, error) { return c.affix(strings.HasSuffix) },
	"removeprefix": func(c call) (value.Value, error) { return c.cut(strings.TrimPrefix) },
	"removesuffix": func(c call) (value.Value, error) { return c.cut(strings.TrimSuffix) },
	"replace":      call.replace,
	"find":         call.find,
	"count":        call.count,
	"join":         call.join,
	"upper":        func(c call) (value.Value, error) { return c.change(strings.ToUpper) },
	"lower":        func(c call) (value.Value, error) { return c.change(strings.ToLower) },
	"title":        func(c call) (value.Value, error) { return c.change(title) },
	"capitalize":   func(c call) (value.Value, error) { return c.change(capitalize) },
	"get":          call.get,
	"keys":         call.keys,
	"values":       call.values,
	"items":        call.items,
}

// text is the string that a method is called on.
func (c call) text() (string, error) {
	s, ok := c.self.AsString()
	if !ok {
		return "", invalid("a method of strings is called on " + c.self.Kind().String())
	}
	return s, c.m.spend(len(s))
}

// arg is argument i, or the keyword of that name, as a string.
func (c call) arg(i int, keyword string) (string, bool, error) {
	v := value.None()
	if i < len(c.args) {
		v = c.args[i]
	} else if k, ok := c.kwargs[keyword]; ok {
		v = k
	}
	if v.IsNone() {
		return "", false, nil
	}
	s, ok := v.AsString()
	if !ok {
		return "", false, invalid("a method of strings wants a string, not " + v.Kind().String())
	}
	return s, true, nil
}

// limit is argument i, or the keyword of that name, as a count; -1 is no limit.
func (c call) limit(i int, keyword string) int {
	v := value.FromInt(-1)
	if i < len(c.args) {
		v = c.args[i]
	} else if k, ok := c.kwargs[keyword]; ok {
		v = k
	}
	if n, ok := v.AsInt(); ok && n >= 0 && n < maxText {
		return int(n)
	}
	return -1
}

// space is Python's str.isspace: what Unicode calls white space and the four
// separators U+001C to U+001F.
func space(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

func (c call) strip(left, right bool) (value.Value, error) {
	s, err := c.text()
	if err != nil {
		return value.Undefined(), err
	}
	chars, given, err := c.arg(0, "chars")
	if err != nil {
		return value.Undefined(), err
	}
	drop := space
	if given {
		// One character of s is compared with each of chars.
		if err := c.m.spend(len(s) / 16 * len(chars)); err != nil {
			return value.Undefined(), err
		}
		drop = func(r rune) bool { return strings.ContainsRune(chars, r) }
	}
	if left {
		s = strings.TrimLeftFunc(s, drop)
	}
	if right {
		s = strings.TrimRightFunc(s, drop)
	}
	return value.FromString(s), nil
}

func (c call) affix(has func(s, affix string) bool) (value.Value, error) {
	s, err := c.text()
	if err != nil || len(c.args) == 0 {
		return value.FromBool(false), err
	}
	list, ok := c.args[0].AsSlice()
	if !ok {
		list = c.args[:1]
	}
	for _, v := range list {
		if affix, ok := v.AsString(); ok && has(s, affix) {
			return value.FromBool(true), nil
		}
	}
	return value.FromBool(false), nil
}

func (c call) cut(trim func(s, affix string) string) (value.Value, error) {
	s, err := c.text()
	if err != nil {
		return value.Undefined(), err
	}
	affix, _, err := c.arg(0, "")
	return value.FromString(trim(s, affix)), err
}

func (c call) change(f func(string) string) (value.Value, error) {
	s, err := c.text()
	return value.FromString(f(s)), err
}

func capitalize(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + strings.ToLower(s[n:])
}

func title(s string) string {
	inWord := false
	return strings.Map(func(r rune) rune {
		was := inWord
		inWord = unicode.IsLetter(r)
		if inWord && !was {
			return unicode.ToTitle(r)
		}
		return unicode.ToLower(r)
	}, s)
}

func (c call) get() (value.Value, error) {
	m, ok := c.self.AsMap()
	if !ok || len(c.args) == 0 {
		return value.Undefined(), invalid("get is called on " + c.self.Kind().String())
	}
	if key, ok := c.args[0].AsString(); ok {
		if v, ok := m[key]; ok {
			return v, nil
		}
	}
	if len(c.args) > 1 {
		return c.args[1], nil
	}
	return value.None(), nil
}

func (c call) each(element func(key string, v value.Value) value.Value) (value.Value, error) {
	m, ok := c.self.AsMap()
	if !ok {
		return value.Undefined(), invalid("a method of mappings is called on " + c.self.Kind().String())
	}
	if err := c.m.spend(4 * nodeCost * len(m)); err != nil {
		return value.Undefined(), err
	}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	list := make([]value.Value, len(keys))
	for i, k := range keys {
		list[i] = element(k, m[k])
	}
	return value.FromSlice(list), nil
}

func (c call) keys() (value.Value, error) {
	return c.each(func(k string, _ value.Value) value.Value { return value.FromString(k) })
}

func (c call) values() (value.Value, error) {
	return c.each(func(_ string, v value.Value) value.Value { return v })
}

func (c call) items() (value.Value, error) {
	return c.each(func(k string, v value.Value) value.Value {
		return value.FromSlice([]value.Value{value.FromString(k), v})
	})
}
