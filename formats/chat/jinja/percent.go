package jinja

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// percent is Python's s % v.
func (r *rendering) percent(s str, v Value) Value {
	b := r.build()
	values := []Value{v}
	if t, ok := v.(*list); ok && t.tuple {
		values = t.items
	}
	next := func() Value {
		if len(values) == 0 {
			r.fail("not enough values for the format string")
		}
		v := values[0]
		values = values[1:]
		return v
	}
	mapping, isDict := v.(*Dict)
	for lo := 0; lo < len(s.s); {
		i := strings.IndexByte(s.s[lo:], '%')
		if i < 0 {
			b.add(s.sub(lo, len(s.s)))
			break
		}
		r.pay(costStep + len(s.in))
		b.add(s.sub(lo, lo+i))
		lo += i + 1
		p := &placeholder{}
		var value Value
		if lo < len(s.s) && s.s[lo] == '(' {
			if !isDict {
				r.fail("the format string wants a mapping")
			}
			end, depth := lo+1, 1
			for ; end < len(s.s) && depth > 0; end++ {
				switch s.s[end] {
				case '(':
					depth++
				case ')':
					depth--
				}
			}
			if depth > 0 {
				r.fail("a name in the format string is not closed")
			}
			key := s.s[lo+1 : end-1]
			if value = mapping.text(key); value == nil {
				r.fail("no value for %q in the format string", key)
			}
			lo = end
		}
		for lo < len(s.s) && strings.IndexByte("#0- +", s.s[lo]) >= 0 {
			p.flags |= 1 << strings.IndexByte("#0- +", s.s[lo])
			lo++
		}
		number := func() (n int) {
			if lo < len(s.s) && s.s[lo] == '*' {
				lo++
				n, ok := small(next())
				if !ok {
					r.fail("* in the format string wants an integer")
				}
				return n
			}
			for ; lo < len(s.s) && isDigit(s.s[lo]); lo++ {
				if n = n*10 + int(s.s[lo]-'0'); n > math.MaxInt32 {
					r.fail("a number in the format string is too large")
				}
			}
			return n
		}
		if p.width = number(); p.width < 0 {
			p.flags |= left
			p.width = -p.width
		}
		p.precision = -1
		if lo < len(s.s) && s.s[lo] == '.' {
			lo++
			p.precision = max(number(), 0)
		}
		for lo < len(s.s) && strings.IndexByte("hlL", s.s[lo]) >= 0 {
			lo++
		}
		if lo == len(s.s) {
			r.fail("the format string is not complete")
		}
		verb := s.s[lo]
		lo++
		if verb == '%' {
			b.text("%", false)
			continue
		}
		if value == nil {
			value = next()
		}
		r.place(b, p, verb, value)
	}
	if len(values) > 0 && !takesAny(v) {
		r.fail("not all values are used by the format string")
	}
	out := b.str()
	out.markup = s.markup
	return out
}

// takesAny reports whether a format string need not use a value: mappings and
// what Python takes for one.
func takesAny(v Value) bool {
	switch v := v.(type) {
	case *Dict, numbers, *undefined:
		return true
	case *list:
		return !v.tuple
	}
	return false
}

// placeholder is a %-directive; flags in the order "#0- +".
type placeholder struct{ flags, width, precision int }

const (
	alternate = 1 << iota
	zeros
	left
	blank
	plus
)

func (r *rendering) place(b *builder, p *placeholder, verb byte, v Value) {
	var s str
	numeric := true
	switch verb {
	case 's', 'r', 'a':
		numeric = false
		if s = r.text(v); verb != 's' {
			rb := r.build()
			r.repr(rb, v)
			s = rb.str()
		}
		if verb == 'a' {
			s = r.mapped(s, func(_ int, c rune) string { return asciiOnly(c) })
		}
		if p.precision >= 0 && p.precision < r.length(s.s) {
			s = s.sub(0, offset(s.s, p.precision))
		}
	case 'c':
		numeric = false
		if n, ok := small(v); ok && 0 <= n && n <= utf8.MaxRune {
			s = str{s: string(rune(n))}
		} else if t, ok := v.(str); ok && r.length(t.s) == 1 {
			s = t
		} else {
			r.fail("%%c wants a character, not %s", r.describe(v))
		}
	case 'd', 'i', 'u', 'x', 'X', 'o':
		if f, ok := v.(float64); ok && strings.IndexByte("diu", verb) >= 0 {
			v = r.truncated(f, nil)
		}
		if v == nil || bigOf(v) == nil {
			r.fail("%%%c wants an integer, not %s", verb, r.describe(v))
		}
		digits := r.integerText(bigOf(v), verb, p.flags&alternate != 0)
		if n := p.precision - len(strings.TrimLeft(digits, "-")); n > 0 {
			r.pay(n)
			sign := digits[:len(digits)-len(strings.TrimLeft(digits, "-"))]
			digits = sign + strings.Repeat("0", n) + digits[len(sign):]
		}
		s = str{s: digits}
	case 'e', 'E', 'f', 'F', 'g', 'G':
		if !isNumber(v) {
			r.fail("%%%c wants a number, not %s", verb, r.describe(v))
		}
		s = str{s: r.floatText(r.float(v), verb, p.precision, p.flags&alternate != 0)}
	default:
		r.fail("unknown directive %%%c in the format string", verb)
	}
	if numeric && s.s[0] != '-' {
		switch {
		case p.flags&plus != 0:
			s.s = "+" + s.s
		case p.flags&blank != 0:
			s.s = " " + s.s
		}
	}
	switch {
	case p.flags&left != 0:
		b.add(r.pad(s, p.width, " ", '<'))
	case p.flags&zeros != 0 && numeric:
		r.zeroPad(b, s.s, p.width)
	default:
		b.add(r.pad(s, p.width, " ", '>'))
	}
}

// zeroPad puts zeros after the sign and the prefix of a number.
func (r *rendering) zeroPad(b *builder, s string, width int) {
	n := 0
	if strings.IndexByte("+- ", s[0]) >= 0 {
		n = 1
	}
	if len(s) > n+1 && s[n] == '0' && strings.IndexByte("xXobB", s[n+1]) >= 0 {
		n += 2
	}
	b.text(s[:n], false)
	b.repeat(str{s: "0"}, width-len(s))
	b.text(s[n:], false)
}

func asciiOnly(c rune) string {
	if c < utf8.RuneSelf {
		return char(c)
	}
	return escaped(c)
}

// integerText is an integer in the base of a verb; prefix adds 0x and the like.
func (r *rendering) integerText(i *big.Int, verb byte, prefix bool) string {
	base := map[byte]int{'x': 16, 'X': 16, 'o': 8, 'b': 2}[verb]
	if base == 0 {
		return r.formatInt(i)
	}
	r.pay(i.BitLen())
	s := new(big.Int).Abs(i).Text(base)
	if prefix {
		s = "0" + string(verb|0x20) + s
	}
	if verb == 'X' {
		s = strings.ToUpper(s)
	}
	if i.Sign() < 0 {
		s = "-" + s
	}
	return s
}

// maxPrecision is the most decimal places that a float is written with: more are
// zeros, which a template can add itself.
const maxPrecision = 1000

// floatText is a float by a verb of C; point keeps a decimal point at the end.
func (r *rendering) floatText(f float64, verb byte, precision int, point bool) string {
	if precision < 0 {
		precision = 6
	}
	if precision > maxPrecision {
		r.fail("a float with more than %d decimal places", maxPrecision)
	}
	r.pay(maxPrecision)
	upper := verb < 'a'
	verb |= 0x20
	var s string
	switch {
	case math.IsInf(f, 0) || math.IsNaN(f):
		s = formatFloat(f)
	case verb == 'g':
		s = general(f, max(precision, 1), point)
	default:
		s = strconv.FormatFloat(f, verb, precision, 64)
		if point && precision == 0 {
			mantissa, exp, ok := strings.Cut(s, "e")
			if s = mantissa + "."; ok {
				s += "e" + exp
			}
		}
	}
	if upper {
		s = strings.ToUpper(s)
	}
	return s
}

// general is C's %g: the shorter of two notations, without zeros at its end.
func general(f float64, precision int, keep bool) string {
	s := strconv.FormatFloat(f, 'e', precision-1, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	e, _ := strconv.Atoi(exp)
	if e < -4 || e >= precision {
		if !keep && strings.Contains(mantissa, ".") {
			mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		}
		return mantissa + "e" + exp
	}
	s = strconv.FormatFloat(f, 'f', precision-1-e, 64)
	switch {
	case keep && !strings.Contains(s, "."):
		s += "."
	case !keep && strings.Contains(s, "."):
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
