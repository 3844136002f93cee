package jinja

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// methods are those of Python's types that a template may call. The receiver is
// argument 0, the parameters follow.
var methods map[string]map[string]*function

func init() {
	text := func(f func(*rendering, str) str) *function {
		return fn("", 0, func(a *args) Value { return f(a.r, a.str(0)) })
	}
	is := func(f func(rune) bool) *function {
		return fn("", 0, func(a *args) Value { return a.r.is(a.str(0).s, f) })
	}
	strip := func(left, right bool) *function {
		return fn("/chars", 0, func(a *args) Value { return a.r.strip(a.str(0), a.chars(1), left, right) })
	}
	pad := func(align byte) *function {
		return fn("/width /fill", 1, func(a *args) Value {
			fill := " "
			if a.given(2) {
				if fill = a.str(2).s; a.r.length(fill) != 1 {
					a.r.fail("the fill character must be one character, not %q", fill)
				}
			}
			return a.r.pad(a.str(0), a.int(1, 0), fill, align)
		})
	}
	find := func(last, must bool) *function {
		return fn("/sub /start /end", 1, func(a *args) Value { return find(a, last, must) })
	}
	fix := func(suffix bool) *function {
		return fn("/prefix /start /end", 1, func(a *args) Value { return hasFix(a, suffix) })
	}
	count := fn("/value", 1, func(a *args) Value {
		n := 0
		for _, v := range a.r.items(a.v[0]) {
			if a.r.equal(v, a.v[1]) {
				n++
			}
		}
		return n
	})
	index := fn("/value /start /stop", 1, indexOf)
	views := func(kind string) *function {
		return fn("", 0, func(a *args) Value { return view{a.v[0].(*Dict), kind} })
	}
	bits := fn("", 0, func(a *args) Value { return bigOf(a.v[0]).BitLen() })
	methods = map[string]map[string]*function{
		"str": {
			"capitalize":   text((*rendering).capitalize),
			"casefold":     text((*rendering).casefold),
			"center":       pad('^'),
			"count":        fn("/sub /start /end", 1, countOf),
			"endswith":     fix(true),
			"expandtabs":   fn("tabsize", 0, expandTabs),
			"find":         find(false, false),
			"format":       fn("*", 0, formatMethod),
			"format_map":   fn("/mapping", 1, formatMap),
			"index":        find(false, true),
			"isalnum":      is(isAlnum),
			"isalpha":      is(unicode.IsLetter),
			"isascii":      fn("", 0, func(a *args) Value { return a.r.ascii(a.str(0).s) }),
			"isdecimal":    is(func(c rune) bool { return unicode.Is(unicode.Nd, c) }),
			"isdigit":      is(isDigitRune),
			"isidentifier": fn("", 0, func(a *args) Value { return isIdentifier(a.r, a.str(0).s) }),
			"islower":      fn("", 0, func(a *args) Value { return isLower(a.r, a.str(0).s) }),
			"isnumeric":    is(isNumeric),
			"isprintable":  fn("", 0, func(a *args) Value { s := a.str(0).s; return s == "" || a.r.is(s, printable) }),
			"isspace":      is(isSpace),
			"istitle":      fn("", 0, func(a *args) Value { return isTitle(a.r, a.str(0).s) }),
			"isupper":      fn("", 0, func(a *args) Value { return isUpper(a.r, a.str(0).s) }),
			"join":         fn("/iterable", 1, joinMethod),
			"ljust":        pad('<'),
			"lower":        text((*rendering).lower),
			"lstrip":       strip(true, false),
			"partition":    fn("/sep", 1, func(a *args) Value { return partition(a, false) }),
			"removeprefix": fn("/prefix", 1, func(a *args) Value {
				s, p := a.str(0), a.str(1).s
				if strings.HasPrefix(s.s, p) {
					return s.sub(len(p), len(s.s))
				}
				return s
			}),
			"removesuffix": fn("/suffix", 1, func(a *args) Value {
				s, p := a.str(0), a.str(1).s
				if strings.HasSuffix(s.s, p) {
					return s.sub(0, len(s.s)-len(p))
				}
				return s
			}),
			"replace":    fn("/old /new /count", 2, func(a *args) Value { return a.r.replace(a.str(0), a.str(1), a.str(2), a.int(3, -1)) }),
			"rfind":      find(true, false),
			"rindex":     find(true, true),
			"rjust":      pad('>'),
			"rpartition": fn("/sep", 1, func(a *args) Value { return partition(a, true) }),
			"rsplit":     fn("sep maxsplit", 0, rsplit),
			"rstrip":     strip(false, true),
			"split":      fn("sep maxsplit", 0, split),
			"splitlines": fn("keepends", 0, func(a *args) Value { return a.r.strings(a.r.lines(a.str(0), a.flag(1))) }),
			"startswith": fix(false),
			"strip":      strip(true, true),
			"swapcase":   text((*rendering).swapcase),
			"title":      text((*rendering).title),
			"translate":  fn("/table", 1, translate),
			"upper":      text((*rendering).upper),
			"zfill":      fn("/width", 1, zfill),
		},
		"list":  {"count": count, "index": index, "copy": fn("", 0, func(a *args) Value { return a.r.listOf(a.v[0]) })},
		"tuple": {"count": count, "index": index},
		"range": {"count": count, "index": index},
		"dict": {
			"fromkeys": fn("/iterable /value", 1, fromKeys),
			"copy":     fn("", 0, func(a *args) Value { return dictOf(&args{r: a.r, pos: a.v[:1]}) }),
			"get":      fn("/key /default", 1, get),
			"items":    views("items"),
			"keys":     views("keys"),
			"values":   views("values"),
		},
		"int":   {"bit_length": bits},
		"bool":  {"bit_length": bits},
		"float": {"is_integer": fn("", 0, func(a *args) Value { f := a.v[0].(float64); return f == math.Trunc(f) && !math.IsInf(f, 0) })},
	}
}

// strings makes a list of texts that are paid for.
func (r *rendering) strings(parts []str) Value {
	r.pay((costItem + costBox) * len(parts))
	l := &list{items: make([]Value, len(parts))}
	for i, p := range parts {
		l.items[i] = p
	}
	return l
}

func get(a *args) Value {
	d := a.v[0].(*Dict)
	if i := d.find(a.r.hash(a.v[1])); i >= 0 {
		return d.values[i]
	}
	return a.value(2, None)
}

func indexOf(a *args) Value {
	items := a.r.items(a.v[0])
	lo, hi := clip(a, 2, 0, len(items)), clip(a, 3, len(items), len(items))
	for i := lo; i < hi; i++ {
		if a.r.equal(items[i], a.v[1]) {
			return i
		}
	}
	a.r.fail("%s is not in the list", a.r.describe(a.v[1]))
	return nil
}

// clip is argument i as a position among n, from the end if negative.
func clip(a *args, i, otherwise, n int) int {
	if a.isNone(i) {
		return otherwise
	}
	k := a.int(i, 0)
	if k < 0 {
		k = max(k+n, 0)
	}
	return k
}

// window is the part of a string that arguments i and i+1 delimit, in bytes; false
// where it begins behind the end.
func window(a *args, i int) (lo, hi int, ok bool) {
	s := a.str(0).s
	if a.isNone(i) && a.isNone(i+1) {
		return 0, len(s), true
	}
	n := a.r.length(s)
	start, end := clip(a, i, 0, n), min(clip(a, i+1, n, n), n)
	if start > end {
		return 0, 0, false
	}
	a.r.pay(len(s))
	return offset(s, start), offset(s, end), true
}

func find(a *args, last, must bool) Value {
	s, sub := a.str(0).s, a.str(1).s
	a.r.pay(len(s) + len(sub))
	if lo, hi, ok := window(a, 2); ok {
		at := strings.Index(s[lo:hi], sub)
		if last {
			at = strings.LastIndex(s[lo:hi], sub)
		}
		if at >= 0 {
			return a.r.length(s[:lo+at])
		}
	}
	if must {
		a.r.fail("%s is not in the string", a.r.describe(a.v[1]))
	}
	return -1
}

func countOf(a *args) Value {
	s, sub := a.str(0).s, a.str(1).s
	a.r.pay(len(s) + len(sub))
	lo, hi, ok := window(a, 2)
	if !ok {
		return 0
	}
	return strings.Count(s[lo:hi], sub)
}

// hasFix is startswith and endswith of one text or any of a tuple.
func hasFix(a *args, suffix bool) Value {
	s := a.str(0).s
	lo, hi, ok := window(a, 2)
	fixes := []Value{a.v[1]}
	if t, is := a.v[1].(*list); is && t.tuple {
		fixes = t.items
	}
	has := strings.HasPrefix
	if suffix {
		has = strings.HasSuffix
	}
	for _, f := range fixes {
		f, is := f.(str)
		if !is {
			a.r.fail("expected a string or a tuple of strings, not %s", a.r.describe(a.v[1]))
		}
		a.r.pay(costStep + len(f.s)/8)
		if ok && has(s[lo:hi], f.s) {
			return true
		}
	}
	return false
}

func partition(a *args, last bool) Value {
	s, sep := a.str(0), a.str(1)
	if sep.s == "" {
		a.r.fail("an empty separator")
	}
	a.r.pay(len(s.s) + len(s.in) + 4*costBox)
	i := strings.Index(s.s, sep.s)
	if last {
		i = strings.LastIndex(s.s, sep.s)
	}
	parts := []Value{s, str{}, str{}}
	switch {
	case i >= 0:
		parts = []Value{s.sub(0, i), s.sub(i, i+len(sep.s)), s.sub(i+len(sep.s), len(s.s))}
	case last:
		parts = []Value{str{}, str{}, s}
	}
	return &list{items: parts, tuple: true}
}

func split(a *args) Value {
	s, limit := a.str(0), a.int(2, -1)
	if a.isNone(1) {
		return a.r.strings(a.r.fields(s, limit))
	}
	sep := a.str(1).s
	if sep == "" {
		a.r.fail("an empty separator")
	}
	return a.r.strings(a.r.split(s, sep, limit))
}

func rsplit(a *args) Value {
	s, limit := a.str(0), a.int(2, -1)
	if limit < 0 {
		return split(a)
	}
	var parts []str // from the end
	a.r.pay(len(s.s))
	if a.isNone(1) {
		s = a.r.strip(s, isSpace, false, true)
		for ; limit > 0 && s.s != ""; limit-- {
			a.r.pay(costBox + costItem + len(s.in))
			i := strings.LastIndexFunc(s.s, isSpace)
			if i < 0 {
				break
			}
			_, size := utf8.DecodeRuneInString(s.s[i:])
			parts = append(parts, s.sub(i+size, len(s.s)))
			s = a.r.strip(s.sub(0, i), isSpace, false, true)
		}
		if s.s != "" {
			parts = append(parts, s)
		}
	} else {
		sep := a.str(1).s
		if sep == "" {
			a.r.fail("an empty separator")
		}
		for ; limit > 0; limit-- {
			a.r.pay(costBox + costItem + len(s.in))
			i := strings.LastIndex(s.s, sep)
			if i < 0 {
				break
			}
			parts = append(parts, s.sub(i+len(sep), len(s.s)))
			s = s.sub(0, i)
		}
		parts = append(parts, s)
	}
	slices.Reverse(parts)
	return a.r.strings(parts)
}

func joinMethod(a *args) Value {
	sep := a.str(0)
	b := a.r.build()
	next := a.r.each(a.v[1])
	for i := 0; ; i++ {
		v, ok := next()
		if !ok {
			return b.str()
		}
		s, is := v.(str)
		if !is {
			a.r.fail("join wants strings, not %s", a.r.describe(v))
		}
		if i > 0 {
			b.add(sep)
		}
		b.add(s)
	}
}

// translate replaces characters by a mapping of code points.
func translate(a *args) Value {
	table, ok := a.v[1].(*Dict)
	if !ok {
		a.r.fail("translate wants a mapping, not %s", a.r.describe(a.v[1]))
	}
	return a.r.mapped(a.str(0), func(_ int, c rune) string {
		i := table.find(int(c))
		if i < 0 {
			return char(c)
		}
		switch v := table.values[i].(type) {
		case none:
			return ""
		case str:
			return v.s
		case int:
			if v >= 0 && v <= utf8.MaxRune {
				return string(rune(v))
			}
		}
		a.r.fail("translate cannot put %s in the place of a character", a.r.describe(table.values[i]))
		return ""
	})
}

func zfill(a *args) Value {
	s := a.str(0)
	b := a.r.build()
	n := a.int(1, 0) - a.r.length(s.s)
	if s.s != "" && (s.s[0] == '+' || s.s[0] == '-') {
		b.add(s.sub(0, 1))
		s = s.sub(1, len(s.s))
	}
	b.repeat(str{s: "0"}, n)
	b.add(s)
	return b.str()
}

func expandTabs(a *args) Value {
	s, size := a.str(0), a.int(1, 8)
	column := 0
	b := a.r.build()
	for i, part := range a.r.split(s, "\t", -1) {
		if i > 0 && size > 0 {
			b.repeat(str{s: " "}, size-column%size)
			column += size - column%size
		}
		b.add(part)
		if at := strings.LastIndexAny(part.s, "\r\n"); at >= 0 {
			column = a.r.length(part.s[at+1:])
		} else {
			column += a.r.length(part.s)
		}
	}
	return b.str()
}

func isIdentifier(r *rendering, s string) bool {
	c, _ := utf8.DecodeRuneInString(s)
	return r.is(s, identifier) && (c == '_' || unicode.IsLetter(c))
}
