package jinja

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lexer cuts a template into tokens by the rules of jinja2/lexer.py with
// trim_blocks and lstrip_blocks on and keep_trailing_newline off.
type lexer struct {
	src    string
	line   int
	tokens []token

	// lineStart says that the last tag ended with a newline, so that blanks
	// before the next one begin a line.
	lineStart bool
}

func lex(source string) []token {
	source = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source)
	l := &lexer{src: strings.TrimSuffix(source, "\n"), line: 1, lineStart: true}
	for l.src != "" {
		l.root()
	}
	l.add(eof, "")
	return l.tokens
}

func (l *lexer) fail(format string, args ...any) { fail(l.line, format, args...) }

func (l *lexer) add(k kind, s string) {
	l.tokens = append(l.tokens, token{kind: k, text: s, line: l.line})
}

// take consumes n bytes.
func (l *lexer) take(n int) string {
	s := l.src[:n]
	l.line += strings.Count(s, "\n")
	l.src = l.src[n:]
	if n > 0 {
		l.lineStart = s[n-1] == '\n'
	}
	return s
}

// root reads text up to the next tag, and the tag.
func (l *lexer) root() {
	at := 0
	for {
		i := strings.IndexByte(l.src[at:], '{')
		if i < 0 || at+i+1 == len(l.src) {
			l.text(len(l.src), 0)
			return
		}
		if at += i; strings.IndexByte("{%#", l.src[at+1]) >= 0 {
			break
		}
		at++
	}
	opening := l.src[at+1]
	var sign byte
	begin := 2
	if s := l.src[at+2:]; s != "" && (s[0] == '-' || s[0] == '+') {
		sign, begin = s[0], 3
	}
	lstrip := sign
	if sign == 0 && opening != '{' {
		lstrip = 'l'
	}
	l.text(at, lstrip)
	if opening == '%' {
		if n := rawTag(l.src[begin:]); n > 0 {
			l.take(begin + n)
			l.raw()
			return
		}
	}
	l.take(begin)
	switch opening {
	case '#':
		n := strings.Index(l.src, "#}")
		if l.src == "" {
			return
		}
		if n < 0 {
			l.fail("comment is not closed with #}")
		}
		end := n + 2
		if n > 0 && l.src[n-1] == '-' {
			end += blanks(l.src[end:])
		} else if (n == 0 || l.src[n-1] != '+') && strings.HasPrefix(l.src[end:], "\n") {
			end++
		}
		l.take(end)
	case '{':
		l.add(variableBegin, "{{")
		l.tag("}}")
	default:
		l.add(blockBegin, "{%")
		l.tag("%}")
	}
}

// text emits n bytes of template text that a tag follows. strip is the sign of
// the tag, or 'l' where lstrip_blocks applies.
func (l *lexer) text(n int, strip byte) {
	lineStart := l.lineStart
	line := l.line
	s := l.take(n)
	switch strip {
	case '-':
		s = strings.TrimRightFunc(s, isSpace)
	case 'l':
		cut := strings.LastIndexByte(s, '\n') + 1
		if (cut > 0 || lineStart) && cut < len(s) && blanks(s[cut:]) == len(s)-cut {
			s = s[:cut]
		}
	}
	if s != "" {
		l.tokens = append(l.tokens, token{kind: data, text: s, line: line})
	}
}

// rawTag is the length of the rest of a raw tag, 0 for another.
func rawTag(s string) int {
	n := blanks(s)
	if !strings.HasPrefix(s[n:], "raw") {
		return 0
	}
	n += 3
	n += blanks(s[n:])
	switch {
	case strings.HasPrefix(s[n:], "-%}"):
		n += 3
		return n + blanks(s[n:])
	case strings.HasPrefix(s[n:], "%}"):
		return n + 2
	}
	return 0
}

func (l *lexer) raw() {
	for at := 0; ; {
		i := strings.Index(l.src[at:], "{%")
		if l.src == "" {
			return
		}
		if i < 0 {
			l.fail("raw is not closed with endraw")
		}
		at += i
		n := at + 2
		strip := byte('l')
		if n < len(l.src) && (l.src[n] == '-' || l.src[n] == '+') {
			strip = l.src[n]
			n++
		}
		n += blanks(l.src[n:])
		if strings.HasPrefix(l.src[n:], "endraw") {
			n += len("endraw")
			n += blanks(l.src[n:])
			if end := closing(l.src[n:], "%}"); end > 0 {
				l.text(at, strip)
				l.take(n - at + end)
				return
			}
		}
		at += 2
	}
}

// closing is the length of a closing delimiter with its whitespace control, 0
// where s does not begin with one.
func closing(s, delimiter string) int {
	switch {
	case strings.HasPrefix(s, "-"+delimiter):
		return 3 + blanks(s[3:])
	case delimiter == "%}" && strings.HasPrefix(s, "+"+delimiter):
		return 3
	case strings.HasPrefix(s, delimiter):
		if delimiter == "%}" && strings.HasPrefix(s[2:], "\n") {
			return 3
		}
		return 2
	}
	return 0
}

const operators = "// ** == != >= <= + - / * % ~ [ ] ( ) { } > < = . : | , ;"

// tag reads the words of a tag and its end. The closing delimiter counts only
// outside brackets.
func (l *lexer) tag(delimiter string) {
	var open []byte
	begun := l.line
	for {
		l.take(blanks(l.src))
		if l.src == "" {
			fail(begun, "tag is not closed with %s", delimiter)
		}
		if len(open) == 0 {
			if n := closing(l.src, delimiter); n > 0 {
				k := variableEnd
				if delimiter == "%}" {
					k = blockEnd
				}
				l.add(k, delimiter)
				l.take(n)
				return
			}
		}
		if l.number() || l.name() || l.string() {
			continue
		}
		op := ""
		for o := range strings.SplitSeq(operators, " ") {
			if strings.HasPrefix(l.src, o) {
				op = o
				break
			}
		}
		switch op {
		case "":
			r, _ := utf8.DecodeRuneInString(l.src)
			l.fail("unexpected %q", r)
		case "(", "[", "{":
			open = append(open, map[string]byte{"(": ')', "[": ']', "{": '}'}[op])
		case ")", "]", "}":
			if len(open) == 0 {
				l.fail("unexpected %q", op)
			}
			if want := open[len(open)-1]; want != op[0] {
				l.fail("unexpected %q, expected %q", op, want)
			}
			open = open[:len(open)-1]
		}
		l.add(operator, op)
		l.take(len(op))
	}
}

func (l *lexer) name() bool {
	n := strings.IndexFunc(l.src, func(r rune) bool { return !identifier(r) })
	if n < 0 {
		n = len(l.src)
	}
	if n == 0 {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(l.src); r != '_' && !unicode.IsLetter(r) && !unicode.Is(unicode.Nl, r) {
		l.fail("invalid character in the name %q", l.src[:n])
	}
	l.add(name, l.src[:n])
	l.take(n)
	return true
}

func identifier(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nl))
}

// number reads an integer or a float as Python writes them.
func (l *lexer) number() bool {
	s := l.src
	if s[0] < '0' || s[0] > '9' {
		return false
	}
	var v Value
	n := 0
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		n = 2 + digits(s[2:], map[byte]string{'x': hexadecimal, 'o': "01234567", 'b': "01"}[s[1]|0x20], true)
		if n == 2 {
			n = 0
		}
	}
	if n == 0 {
		whole := digits(s, decimal, false)
		n = whole
		if n+1 < len(s) && s[n] == '.' {
			if d := digits(s[n+1:], decimal, false); d > 0 {
				n += 1 + d
			}
		}
		if n < len(s) && s[n]|0x20 == 'e' {
			m := n + 1
			if m < len(s) && (s[m] == '+' || s[m] == '-') {
				m++
			}
			if d := digits(s[m:], decimal, false); d > 0 {
				n = m + d
			}
		}
		after := len(l.tokens) > 0 && l.tokens[len(l.tokens)-1].is(".")
		if n > whole && !after {
			f, _ := strconv.ParseFloat(strings.ReplaceAll(s[:n], "_", ""), 64)
			v = f
		} else if n = whole; s[0] == '0' {
			n = max(digits(s, "0", false), 1)
		}
	}
	if v == nil {
		if n > maxDigits {
			l.fail("integer of %d digits", n)
		}
		i, ok := new(big.Int).SetString(strings.ReplaceAll(s[:n], "_", ""), 0)
		if !ok {
			l.fail("%q is no integer", s[:n])
		}
		v = integer(i)
	}
	l.tokens = append(l.tokens, token{kind: number, value: v, line: l.line})
	l.take(n)
	return true
}

const (
	decimal     = "0123456789"
	hexadecimal = "0123456789abcdefABCDEF"
)

// digits is the length of a run of digits with single underscores between them.
func digits(s, set string, underscoreFirst bool) int {
	n := 0
	for n < len(s) {
		switch {
		case strings.IndexByte(set, s[n]) >= 0:
			n++
		case s[n] == '_' && (n > 0 || underscoreFirst) && n+1 < len(s) && strings.IndexByte(set, s[n+1]) >= 0:
			n += 2
		default:
			return n
		}
	}
	return n
}

func (l *lexer) string() bool {
	quote := l.src[0]
	if quote != '\'' && quote != '"' {
		return false
	}
	for i := 1; i < len(l.src); i++ {
		switch l.src[i] {
		case '\\':
			i++
		case quote:
			s := l.unescape(l.src[1:i])
			l.add(text, s)
			l.take(i + 1)
			return true
		}
	}
	l.fail("string is not closed with %c", quote)
	return false
}

// unescape is Python's unicode-escape decoding of a literal.
func (l *lexer) unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		c := s[i+1]
		s = s[i+2:]
		if at := strings.IndexByte("\n\\'\"abfnrtv", c); at >= 0 {
			if c != '\n' {
				b.WriteByte("\n\\'\"\a\b\f\n\r\t\v"[at])
			}
			continue
		}
		n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
		switch {
		case n > 0:
			if len(s) < n || digits(s[:n], hexadecimal, false) < n || strings.Contains(s[:n], "_") {
				l.fail("truncated \\%c escape", c)
			}
			code, _ := strconv.ParseUint(s[:n], 16, 32)
			if code > unicode.MaxRune || 0xd800 <= code && code < 0xe000 {
				l.fail("\\%c%s is no character", c, s[:n])
			}
			b.WriteRune(rune(code))
			s = s[n:]
		case '0' <= c && c <= '7':
			code, k := rune(c-'0'), 0
			for k < 2 && k < len(s) && '0' <= s[k] && s[k] <= '7' {
				code = code*8 + rune(s[k]-'0')
				k++
			}
			b.WriteRune(code)
			s = s[k:]
		case c == 'N':
			l.fail(`\N{…} escapes are not supported: write the character`)
		case c >= utf8.RuneSelf:
			// jinja2 writes the character as an escape before it decodes, and the
			// backslash before it then escapes the backslash.
			r, size := utf8.DecodeRuneInString(string([]byte{c}) + s)
			s = s[size-1:]
			switch {
			case r < 0x100:
				fmt.Fprintf(&b, `\x%02x`, r)
			case r < 0x10000:
				fmt.Fprintf(&b, `\u%04x`, r)
			default:
				fmt.Fprintf(&b, `\U%08x`, r)
			}
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String()
}

// blanks is the length of the white space that s begins with.
func blanks(s string) int { return len(s) - len(strings.TrimLeftFunc(s, isSpace)) }

// isSpace is Python's str.isspace of a character.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f
}
