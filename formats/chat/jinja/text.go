package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// What Python's methods of strings do to characters.

// special maps characters whose upper, title or folded case is several.
type special struct{ c cases.Caser }

func (m special) of(c rune, simple func(rune) rune) string {
	if c < utf8.RuneSelf {
		return char(simple(c))
	}
	return m.c.String(string(c))
}

func (r *rendering) upper(s str) str {
	m := special{cases.Upper(language.Und)}
	return r.mapped(s, func(_ int, c rune) string { return m.of(c, unicode.ToUpper) })
}

func (r *rendering) casefold(s str) str {
	m := special{cases.Fold()}
	return r.mapped(s, func(_ int, c rune) string { return m.of(c, unicode.ToLower) })
}

func (r *rendering) lower(s str) str {
	return r.mapped(s, func(i int, c rune) string { return lower(s.s, i, c) })
}

// lower is the character c at byte i of s in lower case.
func lower(s string, i int, c rune) string {
	switch c {
	case 'İ':
		return "i̇"
	case 'Σ':
		if finalSigma(s, i) {
			return "ς"
		}
	}
	return char(unicode.ToLower(c))
}

// finalSigma reports whether the sigma at byte i ends a word.
func finalSigma(s string, i int) bool {
	before := strings.TrimRightFunc(s[max(0, i-256):i], caseIgnorable)
	c, _ := utf8.DecodeLastRuneInString(before)
	if before == "" || !cased(c) {
		return false
	}
	after := s[i+len("Σ"):]
	after = strings.TrimLeftFunc(after[:min(256, len(after))], caseIgnorable)
	c, _ = utf8.DecodeRuneInString(after)
	return after == "" || !cased(c)
}

func cased(c rune) bool {
	return unicode.In(c, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

func caseIgnorable(c rune) bool {
	return strings.ContainsRune("'.:·\u2018\u2019\u2024\u2027", c) ||
		unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}

func (r *rendering) capitalize(s str) str {
	m := special{cases.Title(language.Und, cases.NoLower)}
	return r.mapped(s, func(i int, c rune) string {
		if i == 0 {
			return m.of(c, unicode.ToTitle)
		}
		return lower(s.s, i, c)
	})
}

func (r *rendering) title(s str) str {
	m := special{cases.Title(language.Und, cases.NoLower)}
	inside := false
	return r.mapped(s, func(i int, c rune) string {
		was := inside
		inside = cased(c)
		if was {
			return lower(s.s, i, c)
		}
		return m.of(c, unicode.ToTitle)
	})
}

func (r *rendering) swapcase(s str) str {
	m := special{cases.Upper(language.Und)}
	return r.mapped(s, func(i int, c rune) string {
		switch {
		case unicode.In(c, unicode.Lu, unicode.Other_Uppercase):
			return lower(s.s, i, c)
		case unicode.In(c, unicode.Ll, unicode.Other_Lowercase):
			return m.of(c, unicode.ToUpper)
		}
		return char(c)
	})
}

// is reports whether s is not empty and all its characters are.
func (r *rendering) is(s string, f func(rune) bool) bool {
	r.payTimes(len(s), 4)
	return s != "" && strings.IndexFunc(s, func(c rune) bool { return !f(c) }) < 0
}

// isLower and isUpper want a cased character and none of the other case.
func isLower(r *rendering, s string) bool {
	r.payTimes(len(s), 8)
	return strings.IndexFunc(s, func(c rune) bool { return unicode.In(c, unicode.Ll, unicode.Other_Lowercase) }) >= 0 &&
		strings.IndexFunc(s, func(c rune) bool { return unicode.In(c, unicode.Lu, unicode.Lt, unicode.Other_Uppercase) }) < 0
}

func isUpper(r *rendering, s string) bool {
	r.payTimes(len(s), 8)
	return strings.IndexFunc(s, func(c rune) bool { return unicode.In(c, unicode.Lu, unicode.Other_Uppercase) }) >= 0 &&
		strings.IndexFunc(s, func(c rune) bool { return unicode.In(c, unicode.Ll, unicode.Lt, unicode.Other_Lowercase) }) < 0
}

// isTitle wants upper case at the beginning of words and lower case inside.
func isTitle(r *rendering, s string) bool {
	r.payTimes(len(s), 8)
	any, inside := false, false
	for _, c := range s {
		switch {
		case unicode.In(c, unicode.Lu, unicode.Lt, unicode.Other_Uppercase):
			if inside {
				return false
			}
			any, inside = true, true
		case unicode.In(c, unicode.Ll, unicode.Other_Lowercase):
			if !inside {
				return false
			}
		default:
			inside = false
		}
	}
	return any
}

// superscripts are digits to Python that are no decimal digits.
func superscript(c rune) bool {
	return strings.ContainsRune("²³¹⁰", c) || '⁴' <= c && c <= '⁹' || '₀' <= c && c <= '₉' ||
		'①' <= c && c <= '⑨' || '⑴' <= c && c <= '⑼' || '⒈' <= c && c <= '⒐' || c == '⓪' || '⓵' <= c && c <= '⓽' || c == '⓿' ||
		'❶' <= c && c <= '❾' || '➀' <= c && c <= '➈' || '➊' <= c && c <= '➒'
}

func isDigitRune(c rune) bool { return unicode.Is(unicode.Nd, c) || superscript(c) }

// isNumeric adds the numbers among the Chinese characters to those that Unicode
// has categories for.
func isNumeric(c rune) bool {
	return unicode.IsNumber(c) || strings.ContainsRune("一二三四五六七八九十百千万億兆零〇两亿萬壹贰叁肆伍陆柒捌玖拾佰仟壱弐参廿卅卌", c)
}

func isAlnum(c rune) bool { return unicode.IsLetter(c) || isNumeric(c) }

// strip removes white space, or the characters of a set, from both ends.
func (r *rendering) strip(s str, set func(rune) bool, left, right bool) str {
	r.pay(costBox + len(s.s)/8)
	lo, hi := 0, len(s.s)
	if left {
		lo = hi - len(strings.TrimLeftFunc(s.s, set))
	}
	if right {
		hi = lo + len(strings.TrimRightFunc(s.s[lo:], set))
	}
	r.pay(len(s.s) - (hi - lo) + len(s.in))
	return s.sub(lo, hi)
}

// chars is an argument as a set of characters; white space if it is none.
func (a *args) chars(i int) func(rune) bool {
	if a.isNone(i) {
		return isSpace
	}
	s := a.str(i).s
	a.r.payTimes(len(s), 8)
	set := map[rune]bool{}
	for _, c := range s {
		set[c] = true
	}
	return func(c rune) bool { return set[c] }
}

// pad fills up to a width in characters: '<' aligns left, '>' right, '^' to the
// middle, as Python's center does.
func (r *rendering) pad(s str, width int, fill string, align byte) str {
	n := max(width-r.length(s.s), 0)
	left := 0
	switch align {
	case '>':
		left = n
	case '^':
		left = n/2 + n&width&1
	}
	b := r.build()
	b.repeat(str{s: fill}, left)
	b.add(s)
	b.repeat(str{s: fill}, n-left)
	out := b.str()
	out.markup = s.markup
	return out
}

// lines cuts at every line boundary that Python knows.
func (r *rendering) lines(s str, keep bool) []str {
	r.pay(len(s.s))
	var out []str
	c := r.cursor(s)
	for lo := 0; lo < len(s.s); {
		i := strings.IndexFunc(s.s[lo:], func(c rune) bool {
			return '\n' <= c && c <= '\r' || 0x1c <= c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029
		})
		r.pay(costBox + costItem)
		if i < 0 {
			return append(out, c.sub(lo, len(s.s)))
		}
		hi := lo + i
		_, size := utf8.DecodeRuneInString(s.s[hi:])
		if strings.HasPrefix(s.s[hi:], "\r\n") {
			size = 2
		}
		if keep {
			out = append(out, c.sub(lo, hi+size))
		} else {
			out = append(out, c.sub(lo, hi))
		}
		lo = hi + size
	}
	return out
}

// fields cuts at white space, at most limit times (all if negative); the rest
// keeps its end.
func (r *rendering) fields(s str, limit int) []str {
	r.pay(len(s.s))
	var out []str
	c := r.cursor(s)
	for lo := blanks(s.s); lo < len(s.s); lo += blanks(s.s[lo:]) {
		r.pay(costBox + costItem)
		n := strings.IndexFunc(s.s[lo:], isSpace)
		if limit == 0 || n < 0 {
			return append(out, c.sub(lo, len(s.s)))
		}
		out = append(out, c.sub(lo, lo+n))
		lo += n
		limit--
	}
	return out
}

// replace puts fresh in the place of old, at most limit times (all if negative).
func (r *rendering) replace(s, old, fresh str, limit int) str {
	b := r.build()
	if old.s == "" { // before every character and at the end
		for i, c := range r.chars(s) {
			if limit < 0 || i < limit {
				b.add(fresh)
			}
			b.add(c.(str))
		}
		if limit < 0 || r.length(s.s) < limit {
			b.add(fresh)
		}
		return b.str()
	}
	for i, part := range r.split(s, old.s, limit) {
		if i > 0 {
			b.add(fresh)
		}
		b.add(part)
	}
	return b.str()
}
