package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind byte

const (
	name kind = iota
	number
	text
	operator
)

// token is a word of a tag. space is what stood before it.
type token struct {
	kind  kind
	space string
	text  string
	line  int
}

// maxTokens and maxDeepTokens bound the words of one tag: all of them, and those
// that make its syntax tree deeper, so that no recursion over it goes far.
const (
	maxTokens     = 4096
	maxDeepTokens = 400
)

// scan splits the inside of a tag, up to its closing delimiter, which counts
// only outside brackets. rest begins with the delimiter.
func scan(src, closing string, line int) (tokens []token, rest string, err error) {
	open, deep, start := 0, 0, line
	for {
		body := strings.TrimLeft(src, " \t\n\r\f\v")
		space := src[:len(src)-len(body)]
		line += strings.Count(space, "\n")
		if body == "" {
			return nil, "", fault(start, "tag is not closed with %s", closing)
		}
		if open == 0 && closes(body, closing) {
			return tokens, src[len(space):], nil
		}
		k, n := word(body, len(tokens) > 0 && tokens[len(tokens)-1].text == ".")
		if n == 0 {
			r, _ := utf8.DecodeRuneInString(body)
			return nil, "", fault(line, "unexpected %q", r)
		}
		t := token{kind: k, space: space, text: body[:n], line: line}
		switch t.text {
		case "(", "[", "{":
			open++
		case ")", "]", "}":
			if open--; open < 0 {
				return nil, "", fault(line, "unexpected %q", t.text)
			}
		}
		if k == operator && t.text != "," && t.text != ":" || t.text == "not" || t.text == "if" || t.text == "else" || t.text == "is" {
			deep++
		}
		if len(tokens) >= maxTokens || deep > maxDeepTokens {
			return nil, "", fault(start, "tag is too long")
		}
		tokens = append(tokens, t)
		line += strings.Count(t.text, "\n")
		src = body[n:]
	}
}

// closes reports whether a tag ends here, with or without whitespace control.
func closes(s, closing string) bool {
	if strings.HasPrefix(s, closing) {
		return true
	}
	return (s[0] == '-' || s[0] == '+') && strings.HasPrefix(s[1:], closing)
}

// word is the kind and length of the first token, 0 where there is none.
func word(s string, afterDot bool) (kind, int) {
	r, _ := utf8.DecodeRuneInString(s)
	switch {
	case r == '_' || unicode.IsLetter(r):
		return name, span(s, func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) })
	case '0' <= r && r <= '9':
		return number, numeral(s, afterDot)
	case r == '\'' || r == '"':
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case s[0]:
				return text, i + 1
			}
		}
		return text, 0
	}
	for _, op := range []string{"**", "//", "==", "!=", "<=", ">="} {
		if strings.HasPrefix(s, op) {
			return operator, 2
		}
	}
	if strings.ContainsRune("+-*/%~|.,:()[]{}<>=", r) {
		return operator, 1
	}
	return operator, 0
}

func numeral(s string, afterDot bool) int {
	digit := func(r rune) bool { return '0' <= r && r <= '9' || r == '_' }
	n := span(s, digit)
	if afterDot { // x.0.1 is two subscripts
		return n
	}
	if n+1 < len(s) && s[n] == '.' && digit(rune(s[n+1])) {
		n += 1 + span(s[n+1:], digit)
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		m := n + 1
		if m < len(s) && (s[m] == '+' || s[m] == '-') {
			m++
		}
		if d := span(s[m:], digit); d > 0 {
			n = m + d
		}
	}
	return n
}

func span(s string, in func(rune) bool) int {
	if n := strings.IndexFunc(s, func(r rune) bool { return !in(r) }); n >= 0 {
		return n
	}
	return len(s)
}
