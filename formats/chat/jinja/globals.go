package jinja

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// globals are the names that every template knows.
var globals map[string]Value

func init() { // they call what reads them
	globals = map[string]Value{
		"range":           native("range", "/a /b /c", 1, rangeOf),
		"dict":            native("dict", "*", 0, func(a *args) Value { return dictOf(a) }),
		"namespace":       native("namespace", "*", 0, func(a *args) Value { return &namespace{dictOf(a)} }),
		"cycler":          native("cycler", "*", 0, cycler),
		"joiner":          native("joiner", "sep", 0, joiner),
		"raise_exception": native("raise_exception", "message", 1, raise),
		"strftime_now":    native("strftime_now", "format", 1, strftimeNow),
	}
}

// rangeOf holds bounds of up to 62 bits. One beyond gives no number or too many,
// which of them it is does not matter; two may give any.
func rangeOf(a *args) Value {
	beyond := 0
	for _, v := range a.v {
		if _, ok := v.(*big.Int); ok {
			beyond++
		}
	}
	if beyond > 1 {
		a.r.fail("range between integers beyond 62 bits")
	}
	n := numbers{start: 0, stop: a.int(0, 0), step: 1}
	if a.given(1) {
		n.start, n.stop = n.stop, a.int(1, 0)
	}
	if n.step = a.int(2, 1); n.step == 0 {
		a.r.fail("range cannot have the step 0")
	}
	if n.n = span(n.start, n.stop, n.step); n.n > maxRange || n.n < 0 {
		a.r.fail("range of more than %d numbers", maxRange)
	}
	return n
}

// dictOf is Python's dict(mapping or pairs, name=value, …).
func dictOf(a *args) *Dict {
	d := &Dict{}
	if len(a.pos) > 1 {
		a.r.fail("dict takes at most one argument and names")
	}
	for _, v := range a.pos {
		if u, ok := v.(*undefined); ok {
			a.r.fail("%s", u.why)
		}
		if m, ok := v.(*Dict); ok {
			a.r.pay(costEntry * len(m.keys))
			for i, k := range m.keys {
				d.set(m.hashes[i], k, m.values[i])
			}
			continue
		}
		for _, v := range a.r.items(v) {
			p := a.r.items(v)
			if len(p) != 2 {
				a.r.fail("dict wants pairs, not %d values", len(p))
			}
			a.r.pay(costEntry)
			d.set(a.r.hash(p[0]), p[0], p[1])
		}
	}
	a.r.pay(costEntry * len(a.names))
	for i, n := range a.names {
		d.Set(n, a.named[i])
	}
	return d
}

func fromKeys(a *args) Value {
	d := &Dict{}
	next := a.r.each(a.v[1])
	for {
		k, ok := next()
		if !ok {
			return d
		}
		a.r.pay(costEntry)
		d.set(a.r.hash(k), k, a.value(2, None))
	}
}

// object is a value whose attributes are computed: cyclers and joiners.
type object struct {
	attr func(name string) Value
	text string // what it prints as; "" for what has an address in it
}

func cycler(a *args) Value {
	items, at := a.pos, 0
	if len(items) == 0 {
		a.r.fail("cycler wants at least one value")
	}
	next := native("next", "", 0, func(*args) Value {
		v := items[at]
		at = (at + 1) % len(items)
		return v
	})
	reset := native("reset", "", 0, func(*args) Value {
		at = 0
		return None
	})
	return &object{attr: func(name string) Value {
		switch name {
		case "current":
			return items[at]
		case "next":
			return next
		case "reset":
			return reset
		case "items":
			return &list{items: items, tuple: true}
		case "pos":
			return at
		}
		return nil
	}}
}

func joiner(a *args) Value {
	sep := a.value(0, String(", "))
	used := false
	return native("joiner", "", 0, func(*args) Value {
		if !used {
			used = true
			return str{}
		}
		return sep
	})
}

// attr is an attribute of a macro, nil if there is none.
func (m *macroValue) attr(name string) Value {
	switch name {
	case "name":
		return String(m.name)
	case "arguments":
		l := &list{tuple: true}
		for _, p := range m.params {
			l.items = append(l.items, String(p.name))
		}
		return l
	case "caller":
		return m.caller != nil
	case "catch_kwargs":
		return m.kwargs != nil
	case "catch_varargs":
		return m.varargs != nil
	}
	return nil
}

func raise(a *args) Value {
	panic(&Error{Line: a.r.line, Msg: "the template refuses these messages: " + a.soft(0).s, Raised: true})
}

func strftimeNow(a *args) Value {
	b := a.r.build()
	a.r.strftime(b, a.str(0), a.r.now)
	return b.str()
}

// directives are those of strftime as Go's layouts. The time has no zone, as
// Python's datetime.now().
var directives = map[byte]string{
	'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'B': "January", 'b': "Jan", 'h': "Jan",
	'A': "Monday", 'a': "Mon", 'y': "06", 'I': "03", 'p': "PM", 'P': "pm", 'j': "002", 'F': "2006-01-02",
	'T': "15:04:05", 'D': "01/02/06", 'R': "15:04", 'e': "_2", 'Z': "", 'z': "", 'x': "01/02/06", 'X': "15:04:05",
	'c': "Mon Jan _2 15:04:05 2006", 'n': "\n", 't': "\t", 'r': "03:04:05 PM",
}

// strftime writes a time in the C locale, with the GNU flags - _ 0 ^ of a
// directive.
func (r *rendering) strftime(b *builder, layout str, t time.Time) {
	for lo := 0; lo < len(layout.s); {
		r.pay(8*costStep + len(layout.in))
		i := strings.IndexByte(layout.s[lo:], '%')
		if i < 0 || lo+i+1 == len(layout.s) {
			b.add(layout.sub(lo, len(layout.s)))
			return
		}
		b.add(layout.sub(lo, lo+i))
		lo += i + 1
		var flag byte
		if strings.IndexByte("-_0^", layout.s[lo]) >= 0 && lo+1 < len(layout.s) {
			flag = layout.s[lo]
			lo++
		}
		if flag != 0 && layout.s[lo] == 'f' {
			r.fail("strftime_now does not know %%%cf", flag)
		}
		s := r.directive(layout.s[lo], t)
		lo++
		trimmed := s
		if strings.Trim(s, " 0123456789") == "" && s != "" { // of one number
			trimmed = strings.TrimLeft(s[:len(s)-1], "0 ") + s[len(s)-1:]
		}
		switch flag {
		case '-':
			s = trimmed
		case '_':
			s = strings.Repeat(" ", len(s)-len(trimmed)) + trimmed
		case '0':
			s = strings.Repeat("0", len(s)-len(trimmed)) + trimmed
		case '^':
			s = strings.ToUpper(s)
		}
		b.text(s, false)
	}
}

func (r *rendering) directive(c byte, t time.Time) string {
	year, week := t.ISOWeek()
	switch c {
	case '%':
		return "%"
	case 'f': // Python's own, without flags
		return t.Format(".000000")[1:]
	case 'l':
		return fmt.Sprintf("%2s", t.Format("3"))
	case 'k':
		return fmt.Sprintf("%2d", t.Hour())
	case 'C':
		return fmt.Sprintf("%02d", t.Year()/100)
	case 'u':
		return fmt.Sprint((int(t.Weekday())+6)%7 + 1)
	case 'w':
		return fmt.Sprint(int(t.Weekday()))
	case 's':
		return fmt.Sprint(t.Unix())
	case 'G':
		return fmt.Sprint(year)
	case 'V':
		return fmt.Sprintf("%02d", week)
	case 'U':
		return fmt.Sprintf("%02d", (t.YearDay()+6-int(t.Weekday()))/7)
	case 'W':
		return fmt.Sprintf("%02d", (t.YearDay()+6-(int(t.Weekday())+6)%7)/7)
	}
	d, ok := directives[c]
	if !ok {
		r.fail("strftime_now does not know %%%c", c)
	}
	return t.Format(d)
}
