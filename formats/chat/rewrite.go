package chat

import (
	"regexp"
	"strings"
)

// maxNested bounds statements inside one another, and branches of one if, which
// the engine nests.
const maxNested = 100

var (
	rawOpen  = regexp.MustCompile(`^\{%[-+]?\s*raw\s*[-+]?%\}`)
	rawClose = regexp.MustCompile(`\{%[-+]?\s*endraw\s*[-+]?%\}`)
)

// rewrite checks a template and prepares it for the engine. It keeps every line
// where it is, so that errors of the engine name the right one. raw is the
// length of the longest literal text.
func rewrite(src string) (out string, raw int, err error) {
	var b strings.Builder
	var nested []int // per open statement: the levels it takes
	depth, line := 0, 1
	literal := func(n int) {
		b.WriteString(src[:n])
		line += strings.Count(src[:n], "\n")
		raw = max(raw, n)
		src = src[n:]
	}
	for {
		i := strings.IndexByte(src, '{')
		for i >= 0 && (i+1 == len(src) || !strings.ContainsRune("{%#", rune(src[i+1]))) {
			j := strings.IndexByte(src[i+1:], '{')
			if j < 0 {
				i = -1
				break
			}
			i += 1 + j
		}
		if i < 0 {
			literal(len(src))
			return b.String(), raw, nil
		}
		literal(i)
		if src[1] == '#' {
			end := strings.Index(src, "#}")
			if end < 0 {
				return "", 0, fault(line, "comment is not closed with #}")
			}
			literal(end + 2)
			continue
		}
		if open := rawOpen.FindString(src); open != "" {
			end := rawClose.FindStringIndex(src)
			if end == nil {
				return "", 0, fault(line, "raw is not closed with endraw")
			}
			literal(end[1])
			continue
		}
		closing := "}}"
		if src[1] == '%' {
			closing = "%}"
		}
		n := 2
		if n < len(src) && (src[n] == '-' || src[n] == '+' && src[1] == '%') {
			n++
		}
		b.WriteString(src[:n])
		tokens, rest, err := scan(src[n:], closing, line)
		if err != nil {
			return "", 0, err
		}
		w := &writer{}
		if closing == "}}" {
			err = w.expression(tokens)
		} else {
			err = w.statement(tokens, line)
			depth += w.levels(&nested)
		}
		if err != nil {
			return "", 0, err
		}
		if depth > maxNested {
			return "", 0, fault(line, "statements nested too deeply")
		}
		line += strings.Count(src[:len(src)-len(rest)], "\n")
		b.Write(w.out)
		n = strings.Index(rest, closing) + 2
		b.WriteString(rest[:n])
		src = rest[n:]
	}
}

// levels updates the open statements and returns by how much the depth grew.
func (w *writer) levels(nested *[]int) int {
	n := len(*nested)
	switch {
	case w.opens:
		*nested = append(*nested, 1)
		return 1
	case n == 0:
		return 0 // the engine complains about what does not match
	case w.branches:
		(*nested)[n-1]++
		return 1
	case w.ends:
		top := (*nested)[n-1]
		*nested = (*nested)[:n-1]
		return -top
	}
	return 0
}

// statement rewrites the inside of {% … %}.
func (w *writer) statement(tokens []token, line int) error {
	if len(tokens) == 0 {
		return fault(line, "empty tag")
	}
	head, rest := tokens[0], tokens[1:]
	switch head.text {
	case "if", "elif":
		w.opens, w.branches = head.text == "if", head.text == "elif"
		w.verbatim(head)
		return w.expression(rest)
	case "for":
		w.opens = true
		w.verbatim(head)
		i := index(rest, "in")
		if i < 0 {
			return fault(head.line, "for without in")
		}
		w.verbatim(rest[:i+1]...)
		w.each = true
		return w.expression(rest[i+1:])
	case "set":
		w.verbatim(head)
		i := index(rest, "=")
		if i < 0 {
			if index(rest, "|") >= 0 {
				return fault(head.line, "set with a filter is not supported in chat templates")
			}
			w.opens = true
			w.verbatim(rest...)
			return nil
		}
		w.verbatim(rest[:i+1]...)
		return w.expression(rest[i+1:])
	case "with":
		w.opens = true
		w.verbatim(head)
		return w.expression(rest)
	case "macro":
		w.opens = true
		if len(rest) == 0 {
			return fault(head.line, "macro without a name")
		}
		w.verbatim(head, rest[0])
		w.macro = true
		return w.expression(rest[1:])
	case "generation": // marks what was trained on; no effect on the text
		w.opens = true
		w.out = append(w.out, head.space+"if true"...)
		return nil
	case "endgeneration":
		w.ends = true
		w.out = append(w.out, head.space+"endif"...)
		return nil
	case "endif", "endfor", "endset", "endwith", "endmacro":
		w.ends = true
		w.verbatim(tokens...)
		return nil
	case "else", "break", "continue":
		w.verbatim(tokens...)
		return nil
	}
	return fault(head.line, "%q is not supported in chat templates", head.text)
}

// index is the place of a word outside brackets, or -1.
func index(tokens []token, word string) int {
	open := 0
	for i, t := range tokens {
		switch t.text {
		case "(", "[", "{":
			open++
		case ")", "]", "}":
			open--
		}
		if open == 0 && t.text == word {
			return i
		}
	}
	return -1
}
