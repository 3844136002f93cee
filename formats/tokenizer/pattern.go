package tokenizer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// maxPattern and maxRepeat bound what compiling a stranger's pattern costs.
const (
	maxPattern = 8 << 10
	maxRepeat  = 1000
)

// compile makes a pattern of the dialect that checkDialect passes, in which ^
// and $ are ends of lines, as they are to Oniguruma.
func compile(pattern string) (re *regexp2.Regexp, err error) {
	defer func() {
		if p := recover(); p != nil {
			re, err = nil, fmt.Errorf("cannot compile: %v", p)
		}
	}()
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("%d bytes: want at most %d", len(pattern), maxPattern)
	}
	re, err = regexp2.Compile(pattern, regexp2.Multiline)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = matchTimeout
	return re, nil
}

// checkDialect turns down what Oniguruma (in Ruby syntax, as Hugging Face uses
// it) and regexp2 read differently or only one of them knows. What passes means
// the same to both.
func checkDialect(pattern string) error {
	class := false
	for i := 0; i < len(pattern); {
		rest := pattern[i:]
		r, n := utf8.DecodeRuneInString(rest)
		var err error
		switch {
		case r == '\\':
			n, err = checkEscape(rest)
		case class && r == ']':
			class = false
		case class && r == '[':
			err = errors.New("nested classes are not supported")
		case class && strings.HasPrefix(rest, "&&"):
			err = errors.New("class intersections are not supported")
		case class:
		case r == '[':
			class = true
			if strings.HasPrefix(rest, "[^") {
				n = 2
			}
			if strings.HasPrefix(rest[n:], "]") {
				err = errors.New("write ] in a class as \\]")
			}
		case r == '(':
			n, err = checkGroup(rest, i == 0)
		case r == '{':
			n, err = checkRepeat(rest)
		}
		if err != nil {
			return err
		}
		i += n
	}
	return nil
}

// checkEscape measures an escape at the beginning of s.
func checkEscape(s string) (int, error) {
	r, n := utf8.DecodeRuneInString(s[1:])
	switch {
	case n == 0:
		return 0, errors.New("ends in a backslash")
	case r == 'p' || r == 'P':
		name, _, ok := strings.Cut(s[2:], "}")
		name, opened := strings.CutPrefix(name, "{")
		if !ok || !opened || unicode.Categories[name] == nil && unicode.Scripts[name] == nil {
			return 0, fmt.Errorf("\\%c{%s is not supported: want a general category or a script", r, clip(name))
		}
		return 2 + len(name) + 2, nil
	case r == 'x':
		hex, _, ok := strings.Cut(s[2:], "}")
		hex, opened := strings.CutPrefix(hex, "{")
		if v, err := strconv.ParseUint(hex, 16, 32); !ok || !opened || err != nil || v > unicode.MaxRune {
			return 0, errors.New("\\x is supported as \\x{…} only")
		}
		return 2 + len(hex) + 2, nil
	case r == 'u':
		if len(s) < 6 {
			return 0, errors.New("\\u wants four digits")
		}
		if _, err := strconv.ParseUint(s[2:6], 16, 32); err != nil {
			return 0, errors.New("\\u wants four digits")
		}
		return 6, nil
	case strings.ContainsRune("rntfvsSdDAzZ", r):
		return 2, nil
	case strings.ContainsRune("wWbB", r): // letter numbers like Ⅷ, circled letters
		return 0, fmt.Errorf("\\%c is not supported: the engines differ in what a word is", r)
	case r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)):
		return 0, fmt.Errorf("\\%c is not supported", r)
	}
	return 1 + n, nil
}

// checkGroup measures what follows an opening parenthesis. (?i) reaches to the
// end of the group with regexp2, over alternatives with Oniguruma, which is the
// same at the beginning of a pattern only.
func checkGroup(s string, first bool) (int, error) {
	if !strings.HasPrefix(s, "(?") {
		return 1, nil
	}
	for _, open := range []string{"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?-i:"} {
		if strings.HasPrefix(s, open) {
			return len(open), nil
		}
	}
	if first && strings.HasPrefix(s, "(?i)") {
		return len("(?i)"), nil
	}
	return 0, fmt.Errorf("group %s is not supported", clip(s[:min(len(s), 6)]))
}

// checkRepeat measures {n}, {n,} and {n,m}. A + after them makes them
// possessive with regexp2, repeats them with Oniguruma; a ? after {n} makes it
// optional with Oniguruma.
func checkRepeat(s string) (int, error) {
	inner, after, ok := strings.Cut(s[1:], "}")
	low, high, ranged := strings.Cut(inner, ",")
	bad := !ok || !isCount(low) || high != "" && !isCount(high)
	if bad {
		return 0, errors.New("write { outside classes as \\{, repetitions as {n}, {n,} or {n,m} of at most " + strconv.Itoa(maxRepeat))
	}
	if strings.HasPrefix(after, "+") || !ranged && strings.HasPrefix(after, "?") {
		return 0, fmt.Errorf("%c after {%s} is not supported", after[0], inner)
	}
	return 1 + len(inner) + 1, nil
}

func isCount(s string) bool {
	n, err := strconv.ParseUint(s, 10, 32)
	return err == nil && n <= maxRepeat
}
