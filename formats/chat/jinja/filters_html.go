package jinja

import (
	"html"
	"strings"
)

// stripTags is markupsafe's: no comments, no tags, white space as one blank.
func (r *rendering) stripTags(s str) str {
	for _, t := range [][2]string{{"<!--", "-->"}, {"<", ">"}} {
		b := r.build()
		for {
			r.pay(len(s.s))
			lo := strings.Index(s.s, t[0])
			if lo < 0 {
				break
			}
			n := strings.Index(s.s[lo:], t[1])
			if n < 0 {
				break
			}
			b.add(s.sub(0, lo))
			s = s.sub(lo+n+len(t[1]), len(s.s))
		}
		b.add(s)
		s = b.str()
	}
	b := r.build()
	for i, word := range r.fields(s, -1) {
		if i > 0 {
			b.text(" ", false)
		}
		b.add(word)
	}
	if s = b.str(); strings.Contains(s.s, "&") {
		return whole(html.UnescapeString(s.s), s)
	}
	return s
}

// urlEncode quotes a text, or joins the pairs of a mapping as a query.
func urlEncode(a *args) Value {
	v := a.v[0]
	_, isStr := v.(str)
	if isStr || !iterable(v) {
		return a.r.urlQuote(a.r.text(v), "/", "%20")
	}
	if d, ok := v.(*Dict); ok {
		v = view{d, "items"}
	}
	b := a.r.build()
	for i, p := range a.r.items(v) {
		kv := a.r.items(p)
		if len(kv) != 2 {
			a.r.fail("urlencode wants pairs, not %d values", len(kv))
		}
		if i > 0 {
			b.text("&", false)
		}
		b.add(a.r.urlQuote(a.r.text(kv[0]), "", "+"))
		b.text("=", false)
		b.add(a.r.urlQuote(a.r.text(kv[1]), "", "+"))
	}
	return b.str()
}

func (r *rendering) urlQuote(s str, safe, space string) str {
	return r.mapped(s, func(i int, c rune) string {
		switch {
		case c == ' ':
			return space
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.ContainsRune("_.-~"+safe, c):
			return char(c)
		}
		const hex = "0123456789ABCDEF"
		var out []byte
		for _, x := range []byte(string(c)) {
			out = append(out, '%', hex[x>>4], hex[x&15])
		}
		return string(out)
	})
}

func xmlAttributes(a *args) Value {
	d, ok := a.v[0].(*Dict)
	if !ok {
		a.r.fail("xmlattr wants a mapping, not %s", a.r.describe(a.v[0]))
	}
	b := a.r.build()
	for i, k := range d.keys {
		if v := d.values[i]; v == None || isUndefined(v) {
			continue
		}
		key, ok := k.(str)
		if !ok || strings.ContainsAny(key.s, " \t\n\r\f\v/>=") {
			a.r.fail("%s is no name of an attribute", a.r.describe(k))
		}
		if len(b.b) > 0 || !a.given(1) || a.bool(1) {
			b.text(" ", false)
		}
		b.add(a.r.escapeHTML(k))
		b.text(`="`, false)
		b.add(a.r.escapeHTML(d.values[i]))
		b.text(`"`, false)
	}
	return b.str()
}
