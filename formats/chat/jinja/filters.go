package jinja

import (
	"strings"
	"unicode"
)

// filters are those of jinja2/filters.py, with tojson as transformers defines
// it. Missing, and so refused by name: pprint, random, urlize, wordwrap.
var filters map[string]*function

func init() {
	soft := func(f func(*rendering, str) str) *function {
		return fn("s", 1, func(a *args) Value {
			s, ok := a.v[0].(str)
			if !ok {
				s = a.soft(0)
			}
			return f(a.r, s)
		})
	}
	size := fn("/value", 1, func(a *args) Value {
		n, ok := a.r.sized(a.v[0])
		if !ok {
			a.r.fail("%s has no length", a.r.describe(a.v[0]))
		}
		return n
	})
	otherwise := fn("value default_value boolean", 1, func(a *args) Value {
		if isUndefined(a.v[0]) || a.bool(2) && !truth(a.v[0]) {
			return a.value(1, str{})
		}
		return a.v[0]
	})
	html := fn("/s", 1, func(a *args) Value { return a.r.escapeHTML(a.v[0]) })
	filters = map[string]*function{
		"abs":            fn("/x", 1, absolute),
		"attr":           fn("obj name", 2, attr),
		"batch":          fn("value linecount fill_with", 2, batch),
		"capitalize":     soft((*rendering).capitalize),
		"center":         fn("value width", 1, func(a *args) Value { return a.r.pad(a.soft(0), a.int(1, 80), " ", '^') }),
		"count":          size,
		"d":              otherwise,
		"default":        otherwise,
		"dictsort":       fn("value case_sensitive by reverse", 1, dictSort),
		"e":              html,
		"escape":         html,
		"filesizeformat": fn("value binary", 1, fileSize),
		"first":          fn("seq", 1, first),
		"float":          fn("value default", 1, toFloat),
		"forceescape":    fn("value", 1, func(a *args) Value { return a.r.escapeHTML(a.soft(0)) }),
		"format":         fn("value *", 1, format),
		"groupby":        fn("value attribute default case_sensitive", 2, groupBy),
		"indent":         fn("s width first blank", 1, indent),
		"int":            fn("value default base", 1, toInt),
		"items":          fn("value", 1, items),
		"join":           fn("value d attribute", 1, join),
		"last":           fn("seq", 1, last),
		"length":         size,
		"list":           fn("value", 1, func(a *args) Value { return a.r.listOf(a.v[0]) }),
		"lower":          soft((*rendering).lower),
		"map":            fn("value *", 1, mapped),
		"max":            fn("value case_sensitive attribute", 1, func(a *args) Value { return extreme(a, 1) }),
		"min":            fn("value case_sensitive attribute", 1, func(a *args) Value { return extreme(a, -1) }),
		"reject":         fn("value *", 1, func(a *args) Value { return selected(a, false, false) }),
		"rejectattr":     fn("value *", 1, func(a *args) Value { return selected(a, true, false) }),
		"replace":        fn("s old new count", 3, replaceFilter),
		"reverse":        fn("value", 1, reverse),
		"round":          fn("value precision method", 1, round),
		"safe":           fn("value", 1, func(a *args) Value { s := a.soft(0); s.markup = true; return s }),
		"select":         fn("value *", 1, func(a *args) Value { return selected(a, false, true) }),
		"selectattr":     fn("value *", 1, func(a *args) Value { return selected(a, true, true) }),
		"slice":          fn("value slices fill_with", 2, slicesOf),
		"sort":           fn("value reverse case_sensitive attribute", 1, sorted),
		"string":         soft(func(_ *rendering, s str) str { return s }),
		"striptags":      soft((*rendering).stripTags),
		"sum":            fn("iterable attribute start", 1, sum),
		"title":          soft((*rendering).titleFilter),
		"tojson":         fn("x ensure_ascii indent separators sort_keys", 1, toJSON),
		"trim":           fn("value chars", 1, func(a *args) Value { return a.r.strip(a.soft(0), a.chars(1), true, true) }),
		"truncate":       fn("s length killwords end leeway", 1, truncate),
		"unique":         fn("value case_sensitive attribute", 1, unique),
		"upper":          soft((*rendering).upper),
		"urlencode":      fn("value", 1, urlEncode),
		"wordcount":      fn("s", 1, wordCount),
		"xmlattr":        fn("d autospace", 1, xmlAttributes),
	}
}

// entities replaces what has a meaning in HTML.
var entities = map[rune]string{'&': "&amp;", '>': "&gt;", '<': "&lt;", '\'': "&#39;", '"': "&#34;"}

// escapeHTML is markupsafe's escape.
func (r *rendering) escapeHTML(v Value) str {
	s, ok := v.(str)
	if ok && s.markup {
		return s
	}
	s = r.mapped(r.text(v), func(_ int, c rune) string {
		if e := entities[c]; e != "" {
			return e
		}
		return char(c)
	})
	s.markup = true
	return s
}

func replaceFilter(a *args) Value {
	limit := -1
	if !a.isNone(3) {
		limit = a.int(3, -1)
	}
	return a.r.replace(a.soft(0), a.soft(1), a.soft(2), limit)
}

// titleFilter capitalizes what follows white space or an opening bracket.
func (r *rendering) titleFilter(s str) str {
	b := r.build()
	c := r.cursor(s)
	separator := func(c rune) bool { return isSpace(c) || strings.ContainsRune("-({[<", c) }
	for lo := 0; lo < len(s.s); {
		hi := lo
		first := true
		var at bool
		for i, c := range s.s[lo:] {
			if first {
				at, first = separator(c), false
			}
			if separator(c) != at {
				break
			}
			hi = lo + i + len(string(c))
		}
		word := c.sub(lo, hi)
		if !at {
			n := offset(word.s, 1)
			b.add(r.upper(word.sub(0, n)))
			b.add(r.lower(word.sub(n, len(word.s))))
		} else {
			b.add(word)
		}
		lo = max(hi, lo+1)
	}
	return b.str()
}

func indent(a *args) Value {
	s := a.str(0)
	by, ok := a.v[1].(str)
	if !ok {
		b := a.r.build()
		b.repeat(str{s: " "}, a.int(1, 4))
		by = b.str()
	}
	b := a.r.build()
	if a.bool(2) {
		b.add(by)
	}
	for i, line := range a.r.lines(a.r.join2(s, str{s: "\n"}), false) {
		if i > 0 {
			b.text("\n", false)
			if line.s != "" || a.bool(3) {
				b.add(by)
			}
		}
		b.add(line)
	}
	return b.str()
}

func truncate(a *args) Value {
	length, leeway := a.int(1, 255), 5
	end := str{s: "..."}
	if a.given(3) {
		end = a.str(3)
	}
	if !a.isNone(4) {
		leeway = a.int(4, 5)
	}
	n := a.r.length(end.s)
	if length < n || leeway < 0 {
		a.r.fail("truncate wants a length of at least %d and a leeway of at least 0", n)
	}
	if size, ok := a.r.sized(a.v[0]); ok && size <= length+leeway {
		return a.v[0]
	}
	s := a.str(0)
	s = s.sub(0, offset(s.s, length-n))
	if !a.bool(2) {
		if i := strings.LastIndexByte(s.s, ' '); i >= 0 {
			s = s.sub(0, i)
		}
	}
	b := a.r.build()
	b.add(s)
	b.add(end)
	return b.str()
}

func wordCount(a *args) Value {
	s := a.soft(0)
	a.r.payTimes(len(s.s), 8)
	n, inside := 0, false
	for _, c := range s.s {
		was := inside
		inside = c == '_' || unicode.In(c, unicode.L, unicode.N)
		if inside && !was {
			n++
		}
	}
	return n
}

func format(a *args) Value {
	s := a.soft(0)
	if len(a.names) == 0 {
		return a.r.percent(s, &list{items: a.pos, tuple: true})
	}
	if len(a.pos) > 0 {
		a.r.fail("format takes values or names, not both")
	}
	d := &Dict{}
	for i, n := range a.names {
		d.Set(n, a.named[i])
	}
	return a.r.percent(s, d)
}
