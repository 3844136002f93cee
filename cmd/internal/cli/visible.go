package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// hidden reports whether a character does something to a terminal other than to
// stand on it: control characters, and those that reorder a line or end it.
// Line breaks and tabs do what people expect.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x20 || 0x7f <= r && r <= 0x9f:
		return true
	case r == 0x61c, r == 0x200e, r == 0x200f, 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069: // bidirectional text
		return true
	}
	return r == 0x2028 || r == 0x2029 // separators of lines and paragraphs
}

// Visible writes text for people: what a file or a model puts into it cannot
// take hold of the terminal. Hidden characters and bytes that are no UTF-8
// become escapes as in Go and JSON: \x1b, \u202e.
func Visible(w io.Writer) io.Writer { return &visible{out: w} }

type visible struct {
	out  io.Writer
	rest []byte // a character whose end is still to come
}

func (v *visible) Write(b []byte) (int, error) {
	text := append(v.rest, b...)
	v.rest = nil
	var out []byte
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1 && !utf8.FullRune(text):
			v.rest = append([]byte{}, text...)
			n = len(text)
		case r == utf8.RuneError && n == 1, r < 0x80 && hidden(r):
			out = fmt.Appendf(out, `\x%02x`, text[0])
		case hidden(r):
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
	if _, err := v.out.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Word is a name from a file, for a line or a cell of a table.
func Word(s string) string {
	var b strings.Builder
	io.WriteString(Visible(&b), s+"\n") // whatever s ends in is complete
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(strings.TrimSuffix(b.String(), "\n"))
}

// Stdout is where text of a model goes: as it is, but visible on a terminal.
func Stdout() io.Writer {
	if Terminal(os.Stdout) {
		return Visible(os.Stdout)
	}
	return os.Stdout
}

// escape writes the hidden characters of a JSON text as JSON does.
func escape(text []byte) []byte {
	var out []byte
	for _, r := range string(text) {
		if hidden(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}
