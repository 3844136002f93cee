package text

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"os"

	"llada/formats"
)

// Limit bounds a line, and a file that is read at once: no context is that long.
const Limit = 64 << 20

// Line is a line of a JSON Lines file.
type Line struct {
	File   string
	Number int    // from 1
	Text   []byte // valid until the next line
}

// Lines yields the lines of a file that are not blank.
func Lines(path string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(Line{}, err)
			return
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, Limit)
		for n := 1; lines.Scan(); n++ {
			if len(bytes.TrimSpace(lines.Bytes())) > 0 && !yield(Line{path, n, lines.Bytes()}, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(Line{}, fmt.Errorf("%s: %w", path, err))
		}
	}
}

// Parse decodes the line into v and then checks it.
func (l Line) Parse(v any, check func() error) error {
	err := json.Unmarshal(l.Text, v)
	if err == nil {
		err = check()
	}
	if err != nil {
		return &formats.ParseError{File: l.File, Offset: -1, Err: fmt.Errorf("line %d: %w", l.Number, err)}
	}
	return nil
}
