package text

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"llada/formats"
)

// Line is a line of a JSON Lines file.
type Line struct {
	File   string
	Number int    // from 1
	Offset int64  // in the file
	Text   []byte // valid until the next line
}

// Lines yields the lines of the file at path that are not blank.
func Lines(path string) iter.Seq2[Line, error] {
	f, err := Open(path)
	if err != nil {
		return func(yield func(Line, error) bool) { yield(Line{}, err) }
	}
	return f.Lines()
}

// Lines yields the lines that are not blank.
func (f *File) Lines() iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		in, err := f.open()
		if err != nil {
			yield(Line{}, err)
			return
		}
		defer in.Close()
		l := Line{File: f.Name, Number: 1, Offset: in.offset}
		next := int64(0)
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, Limit)
		lines.Split(func(data []byte, end bool) (int, []byte, error) {
			n, token, err := bufio.ScanLines(data, end)
			next += int64(n)
			return n, token, err
		})
		for ; lines.Scan(); l.Number++ {
			l.Text = lines.Bytes()
			if len(bytes.TrimSpace(l.Text)) > 0 && !yield(l, nil) {
				return
			}
			l.Offset = in.offset + next
		}
		if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
			yield(Line{}, l.fault(fmt.Errorf("longer than %d MB", Limit>>20)))
		} else if err != nil {
			yield(Line{}, fmt.Errorf("%s: %w", f.Name, err))
		}
	}
}

// Parse decodes the line into v and then checks it.
func (l Line) Parse(v any, check func() error) error {
	if bad := invalid(l.Text); bad >= 0 {
		return noText(l.File, l.Offset+int64(bad), l.Text[bad])
	}
	if err := Unmarshal(l.Text, v); err != nil {
		return l.fault(err)
	}
	if err := check(); err != nil {
		return l.fault(err)
	}
	return nil
}

// Unmarshal decodes JSON into v. It refuses what encoding/json reads as something
// else in silence: half of a character, and a null in a list.
func Unmarshal(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return err
	}
	if half := surrogate(data); half != "" {
		return fmt.Errorf("%s is half of a character: its other half is missing", half)
	}
	if gap(data) {
		return errors.New("a list has a null in it")
	}
	return nil
}

// gap reports whether a list of well-formed JSON has a null in it, which would be
// read as zero: only there one follows a bracket or a comma.
func gap(text []byte) bool {
	before, quoted := byte(0), false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted, before = !quoted, c
		case quoted || bytes.IndexByte([]byte(" \t\r\n"), c) >= 0:
		case c == 'n' && (before == '[' || before == ','):
			return true
		default:
			before = c
		}
	}
	return false
}

func (l Line) fault(err error) error {
	return &formats.ParseError{File: l.File, Offset: -1, Err: fmt.Errorf("line %d: %w", l.Number, err)}
}

// surrogate is the first \u escape of well-formed JSON that names half of a
// character without the other half; encoding/json would read U+FFFD in silence.
func surrogate(text []byte) string {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		switch high := half(text[i:]); {
		case high == 0xD800 && half(text[min(i+6, len(text)):]) == 0xDC00:
			i += 11
		case high != 0:
			return string(text[i : i+6])
		default:
			i++
		}
	}
	return ""
}

// half is 0xD800 or 0xDC00 where text begins with an escape of a high or low
// surrogate, else 0.
func half(text []byte) int {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' || text[2]|0x20 != 'd' {
		return 0
	}
	switch c := text[3] | 0x20; {
	case text[3] == '8' || text[3] == '9' || c == 'a' || c == 'b':
		return 0xD800
	case 'c' <= c && c <= 'f':
		return 0xDC00
	}
	return 0
}
