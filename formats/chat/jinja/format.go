package jinja

import (
	"math"
	"strings"
	"unicode/utf8"
)

// formatMethod is str.format in the sandbox.
func formatMethod(a *args) Value {
	f := &formatter{r: a.r, pos: a.pos, names: &Dict{}}
	for i, n := range a.names {
		f.names.Set(n, a.named[i])
	}
	return f.format(a.str(0), 2)
}

func formatMap(a *args) Value {
	d, ok := a.v[1].(*Dict)
	if !ok {
		a.r.fail("format_map wants a mapping, not %s", a.r.describe(a.v[1]))
	}
	return (&formatter{r: a.r, names: d}).format(a.str(0), 2)
}

// formatter fills the fields of a format string. auto counts fields without a
// name, -1 after one with a number.
type formatter struct {
	r     *rendering
	pos   []Value
	names *Dict
	auto  int
}

// format fills s. levels is how deep fields may nest, in their specifications.
func (f *formatter) format(s str, levels int) str {
	b := f.r.build()
	if levels == 0 {
		f.r.fail("fields nested too deeply in the format string")
	}
	f.r.pay(4 * len(s.s))
	for lo := 0; lo < len(s.s); {
		i := strings.IndexAny(s.s[lo:], "{}")
		if i < 0 {
			b.add(s.sub(lo, len(s.s)))
			break
		}
		f.r.pay(costStep + len(s.in))
		b.add(s.sub(lo, lo+i))
		lo += i
		if lo+1 < len(s.s) && s.s[lo+1] == s.s[lo] {
			b.add(s.sub(lo, lo+1))
			lo += 2
			continue
		}
		if s.s[lo] == '}' {
			f.r.fail("a single } in the format string")
		}
		end, depth, named := lo+1, 1, true
		for ; end < len(s.s) && depth > 0; end++ {
			switch s.s[end] {
			case '{':
				depth++
			case '}':
				depth--
			case ':', '!':
				named = false
			case '[': // a key may hold braces
				if n := strings.IndexByte(s.s[end:], ']'); named && n >= 0 {
					end += n
				}
			}
		}
		if depth > 0 {
			f.r.fail("a field of the format string is not closed")
		}
		f.field(b, s.sub(lo+1, end-1), levels)
		lo = end
	}
	return b.str()
}

// field writes one: name[!conversion][:specification].
func (f *formatter) field(b *builder, s str, levels int) {
	at := 0
	for at < len(s.s) && s.s[at] != ':' && s.s[at] != '!' {
		if s.s[at] == '[' {
			if n := strings.IndexByte(s.s[at:], ']'); n > 0 {
				at += n
			}
		}
		at++
	}
	v := f.lookup(s.s[:at])
	rest := s.sub(at, len(s.s))
	if strings.HasPrefix(rest.s, "!") {
		if len(rest.s) < 2 || strings.IndexByte("sra", rest.s[1]) < 0 || len(rest.s) > 2 && rest.s[2] != ':' {
			f.r.fail("unknown conversion %q in the format string", rest.s)
		}
		t := f.r.text(v)
		if c := rest.s[1]; c != 's' {
			rb := f.r.build()
			f.r.repr(rb, v)
			if t = rb.str(); c == 'a' {
				t = f.r.mapped(t, func(_ int, c rune) string { return asciiOnly(c) })
			}
		}
		v = t
		rest = rest.sub(2, len(rest.s))
	}
	spec := ""
	if rest.s != "" {
		spec = f.format(rest.sub(1, len(rest.s)), levels-1).s
	}
	b.add(f.r.formatted(v, spec))
}

// lookup finds the value of a name such as 0.role or messages[1].
func (f *formatter) lookup(name string) Value {
	n := strings.IndexAny(name, ".[")
	first, rest := name, ""
	if n >= 0 {
		first, rest = name[:n], name[n:]
	}
	var v Value
	if i, ok := f.r.parseInt(first, 10).(int); ok || first == "" {
		if first == "" {
			if i = f.auto; i < 0 {
				f.r.fail("fields with and without numbers in one format string")
			}
			f.auto++
		} else if f.auto > 0 {
			f.r.fail("fields with and without numbers in one format string")
		} else {
			f.auto = -1
		}
		if i < 0 || i >= len(f.pos) {
			f.r.fail("no value %d for the format string", i)
		}
		v = f.pos[i]
	} else if v = f.names.text(first); v == nil {
		f.r.fail("no value for %q in the format string", first)
	}
	for rest != "" {
		f.r.pay(costStep)
		if rest[0] == '.' {
			n := strings.IndexAny(rest[1:], ".[")
			if n < 0 {
				n = len(rest) - 1
			}
			if n == 0 {
				f.r.fail("an empty attribute in the format string")
			}
			v = f.r.attr(v, rest[1:n+1])
			rest = rest[n+1:]
			continue
		}
		n := strings.IndexByte(rest, ']')
		if n < 2 || n+1 < len(rest) && rest[n+1] != '.' && rest[n+1] != '[' {
			f.r.fail("a subscript in the format string is empty or not closed")
		}
		var key Value = String(rest[1:n])
		if i, ok := f.r.parseInt(rest[1:n], 10).(int); ok && isDigit(rest[1]) {
			key = i
		}
		v = f.r.item(v, key)
		rest = rest[n+1:]
	}
	return v
}

// spec is a format specification: [[fill]align][sign][z][#][0][width][,][.precision][type].
type spec struct {
	fill             string
	align, sign      byte
	alternate        bool
	width, precision int
	group            string
	verb             byte
}

func (r *rendering) spec(s string) spec {
	sp := spec{fill: " ", precision: -1}
	const aligns = "<>=^"
	_, size := utf8.DecodeRuneInString(s)
	switch {
	case len(s) > size && strings.IndexByte(aligns, s[size]) >= 0:
		sp.fill, sp.align, s = s[:size], s[size], s[size+1:]
	case s != "" && strings.IndexByte(aligns, s[0]) >= 0:
		sp.align, s = s[0], s[1:]
	}
	if s != "" && strings.IndexByte("+- ", s[0]) >= 0 {
		sp.sign, s = s[0], s[1:]
	}
	if strings.HasPrefix(s, "#") {
		sp.alternate, s = true, s[1:]
	}
	if strings.HasPrefix(s, "0") {
		if sp.align == 0 {
			sp.fill, sp.align = "0", '='
		}
		s = s[1:]
	}
	number := func() (n int) {
		for ; s != "" && isDigit(s[0]); s = s[1:] {
			if n = n*10 + int(s[0]-'0'); n > math.MaxInt32 {
				r.fail("a number in the format specification is too large")
			}
		}
		return n
	}
	sp.width = number()
	if s != "" && (s[0] == ',' || s[0] == '_') {
		sp.group, s = s[:1], s[1:]
	}
	if strings.HasPrefix(s, ".") {
		if s = s[1:]; s == "" || !isDigit(s[0]) {
			r.fail("the format specification lacks its precision")
		}
		sp.precision = number()
	}
	if s != "" {
		sp.verb, s = s[0], s[1:]
	}
	if s != "" {
		r.fail("invalid format specification")
	}
	return sp
}

// formatted is Python's format(v, spec).
func (r *rendering) formatted(v Value, specification string) str {
	if specification == "" {
		return r.text(v)
	}
	r.pay(len(specification))
	switch v := v.(type) {
	case str:
		sp := r.spec(specification)
		if sp.sign != 0 || sp.alternate || sp.align == '=' && sp.fill != "0" || sp.group != "" || sp.verb != 0 && sp.verb != 's' {
			r.fail("format specification %q is not for strings", specification)
		}
		if sp.align == '=' || sp.align == 0 {
			sp.align = '<'
		}
		if sp.precision >= 0 && sp.precision < r.length(v.s) {
			v = v.sub(0, offset(v.s, sp.precision))
		}
		return r.aligned(v, sp)
	case bool, int, float64:
	default:
		if bigOf(v) == nil {
			r.fail("%s takes no format specification", r.describe(v))
		}
	}
	sp := r.spec(specification)
	s := r.numberText(v, sp, specification)
	if s[0] != '-' && (sp.sign == '+' || sp.sign == ' ') {
		s = string(sp.sign) + s
	}
	if sp.align == '=' {
		n := 0
		if strings.IndexByte("+- ", s[0]) >= 0 {
			n = 1
		}
		if sp.alternate && len(s) > n+1 && s[n] == '0' && strings.IndexByte("xXobB", s[n+1]) >= 0 {
			n += 2
		}
		b := r.build()
		b.text(s[:n], false)
		digits := s[n:]
		if sp.group != "" && sp.fill == "0" {
			for len(digits)+n < sp.width { // zeros are grouped too
				r.pay(len(digits))
				head, _, _ := strings.Cut(digits, ".")
				if g := strings.IndexByte(head, sp.group[0]); g == 3 || g < 0 && len(head) == 3 {
					digits = "0" + sp.group + digits
				} else {
					digits = "0" + digits
				}
			}
		}
		b.repeat(str{s: sp.fill}, sp.width-n-r.length(digits))
		b.text(digits, false)
		return b.str()
	}
	if sp.align == 0 {
		sp.align = '>'
	}
	return r.aligned(str{s: s}, sp)
}

// aligned pads to the width; a string in the middle stands one to the left.
func (r *rendering) aligned(s str, sp spec) str {
	if sp.align != '^' {
		return r.pad(s, sp.width, sp.fill, sp.align)
	}
	n := max(sp.width-r.length(s.s), 0)
	b := r.build()
	b.repeat(str{s: sp.fill}, n/2)
	b.add(s)
	b.repeat(str{s: sp.fill}, n-n/2)
	return b.str()
}

// numberText is a number by its verb, with groups of digits but not padded.
func (r *rendering) numberText(v Value, sp spec, specification string) string {
	_, isFloat := v.(float64)
	var s string
	switch {
	case strings.IndexByte("eEfFgG%", sp.verb) >= 0 && sp.verb != 0:
		f, verb, suffix := r.float(v), sp.verb, ""
		if verb == '%' {
			f, verb, suffix = f*100, 'f', "%"
		}
		s = r.floatText(f, verb, sp.precision, sp.alternate) + suffix
	case isFloat && sp.verb == 0 && sp.precision < 0:
		s = formatFloat(v.(float64))
	case isFloat && sp.verb == 0:
		if s = r.floatText(v.(float64), 'g', sp.precision, sp.alternate); !strings.ContainsAny(s, ".ein") {
			s += ".0"
		}
	case isFloat || sp.precision >= 0 || sp.verb != 0 && strings.IndexByte("bcdnoxX", sp.verb) < 0:
		r.fail("format specification %q is not for %s", specification, r.describe(v))
	case sp.verb == 'c':
		n, ok := small(v)
		if !ok || n < 0 || n > utf8.MaxRune {
			r.fail("%s is no character", r.describe(v))
		}
		return string(rune(n))
	default:
		s = r.integerText(bigOf(v), sp.verb, sp.alternate)
	}
	if sp.group == "" {
		return s
	}
	size := 3
	if sp.verb != 0 && strings.IndexByte("bxXo", sp.verb) >= 0 {
		if sp.group == "," {
			r.fail("a comma does not go with %q", sp.verb)
		}
		size = 4
	}
	begin := 0
	for begin < len(s) && !isDigit(s[begin]) {
		begin++
	}
	if sp.alternate && size == 4 {
		begin += 2
	}
	end := begin
	for end < len(s) && (isDigit(s[end]) || size == 4) {
		end++
	}
	var b strings.Builder
	b.WriteString(s[:begin])
	for i := begin; i < end; i++ {
		if i > begin && (end-i)%size == 0 {
			b.WriteString(sp.group)
		}
		b.WriteByte(s[i])
	}
	b.WriteString(s[end:])
	return b.String()
}
