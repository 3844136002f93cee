package jinja

import (
	"strings"
	"unicode/utf8"

	"llada/formats"
)

// str is a text with the bytes of it that came from the messages: ascending,
// disjoint, not empty, none touching the next.
type str struct {
	s  string
	in []formats.Span

	// markup says that HTML is escaped in it (the filters safe and escape); what
	// is added to it by + is escaped too.
	markup bool
}

// Input is a string value that came from the messages.
func Input(s string) Value {
	if s == "" {
		return str{}
	}
	return str{s: s, in: []formats.Span{{Lo: 0, Hi: len(s)}}}
}

// String is a string value that did not.
func String(s string) Value { return str{s: s} }

// sub is s[lo:hi], in bytes.
func (s str) sub(lo, hi int) str {
	t := str{s: s.s[lo:hi], markup: s.markup}
	for _, sp := range s.in {
		if l, h := max(sp.Lo, lo), min(sp.Hi, hi); l < h {
			t.in = append(t.in, formats.Span{Lo: l - lo, Hi: h - lo})
		}
	}
	return t
}

// marked reports whether any byte came from the messages.
func (s str) marked() bool { return len(s.in) > 0 }

// builder makes a str and pays for every byte.
type builder struct {
	r  *rendering
	b  []byte
	in []formats.Span
}

func (b *builder) grow(n int) {
	b.r.pay(n)
	if len(b.b)+n > MaxText {
		b.r.fail("the template makes a text of more than %d bytes", MaxText)
	}
}

// mark notes that the bytes lo ≤ i < hi came from the messages.
func (b *builder) mark(lo, hi int) {
	switch n := len(b.in); {
	case lo == hi:
	case n > 0 && b.in[n-1].Hi == lo:
		b.in[n-1].Hi = hi
	default:
		b.r.pay(costItem)
		b.in = append(b.in, formats.Span{Lo: lo, Hi: hi})
	}
}

// text adds bytes that are the template's, or input's.
func (b *builder) text(s string, input bool) {
	b.grow(len(s))
	if input {
		b.mark(len(b.b), len(b.b)+len(s))
	}
	b.b = append(b.b, s...)
}

func (b *builder) add(s str) {
	b.grow(len(s.s))
	at := len(b.b)
	for _, sp := range s.in {
		b.mark(at+sp.Lo, at+sp.Hi)
	}
	b.b = append(b.b, s.s...)
}

// repeat adds s n times, none if n is negative.
func (b *builder) repeat(s str, n int) {
	if s.s == "" {
		return
	}
	b.r.payTimes(n, 1+len(s.s)/8)
	for range n {
		b.add(s)
	}
}

func (b *builder) str() str { return str{s: string(b.b), in: b.in} }

func (r *rendering) build() *builder { return &builder{r: r} }

// length is the number of characters.
func (r *rendering) length(s string) int {
	r.pay(len(s))
	return utf8.RuneCountInString(s)
}

// ascii reports whether characters are bytes.
func (r *rendering) ascii(s string) bool {
	r.pay(len(s) / 8)
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// offset is the byte at which character n begins, for 0 ≤ n ≤ length.
func offset(s string, n int) int {
	if n == 0 {
		return 0
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// chars cuts s into characters.
func (r *rendering) chars(s str) []Value {
	n := r.length(s.s)
	r.pay(n * (costItem + costBox))
	out := make([]Value, 0, n)
	c := r.cursor(s)
	for lo := 0; lo < len(s.s); {
		_, size := utf8.DecodeRuneInString(s.s[lo:])
		out = append(out, c.sub(lo, lo+size))
		lo += size
	}
	return out
}

// cursor cuts pieces of s from front to back without searching its spans anew.
type cursor struct {
	s  str
	at int
}

func (r *rendering) cursor(s str) *cursor { return &cursor{s: s} }

// sub is s.sub for pieces whose lo never falls.
func (c *cursor) sub(lo, hi int) str {
	for c.at < len(c.s.in) && c.s.in[c.at].Hi <= lo {
		c.at++
	}
	t := str{s: c.s.s[lo:hi], markup: c.s.markup}
	for _, sp := range c.s.in[c.at:] {
		l, h := max(sp.Lo, lo), min(sp.Hi, hi)
		if l >= h {
			break
		}
		t.in = append(t.in, formats.Span{Lo: l - lo, Hi: h - lo})
	}
	return t
}

// split cuts s at non-empty separators, at most limit times (all if negative).
func (r *rendering) split(s str, sep string, limit int) []str {
	r.pay(len(s.s) + len(sep))
	var out []str
	c := r.cursor(s)
	lo := 0
	for limit != 0 {
		i := strings.Index(s.s[lo:], sep)
		if i < 0 {
			break
		}
		r.pay(costBox)
		out = append(out, c.sub(lo, lo+i))
		lo += i + len(sep)
		limit--
	}
	return append(out, c.sub(lo, len(s.s)))
}

// mapped replaces every character; a result comes from the messages if its
// character did.
func (r *rendering) mapped(s str, f func(i int, c rune) string) str {
	r.payTimes(len(s.s), 8)
	b := r.build()
	b.b = make([]byte, 0, len(s.s)+len(s.s)/16)
	at := 0
	for i, c := range s.s {
		for at < len(s.in) && s.in[at].Hi <= i {
			at++
		}
		if c >= utf8.RuneSelf {
			r.pay(costStep)
		}
		t := f(i, c)
		if c == utf8.RuneError && t == "\uFFFD" { // bytes that are no UTF-8 stay
			_, size := utf8.DecodeRuneInString(s.s[i:])
			t = s.s[i : i+size]
		}
		b.text(t, at < len(s.in) && s.in[at].Lo <= i)
	}
	out := b.str()
	out.markup = s.markup
	return out
}

// char is a character as a string, without allocating where that is one byte.
func char(c rune) string {
	if c >= 0 && c < utf8.RuneSelf {
		return oneByte[c : c+1]
	}
	return string(c)
}

var oneByte = func() string {
	b := make([]byte, utf8.RuneSelf)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}()

// whole is text made of s in a way that no byte can be followed through.
func whole(text string, s ...str) str {
	for _, s := range s {
		if s.marked() && text != "" {
			return str{s: text, in: []formats.Span{{Lo: 0, Hi: len(text)}}}
		}
	}
	return str{s: text}
}
