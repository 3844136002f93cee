package text

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"llada/formats"
)

// begin is the length of the byte order mark before a text that begins with head.
// It refuses other encodings than UTF-8 by name.
func begin(head []byte, name string) (int, error) {
	other := ""
	switch is := func(mark ...byte) bool { return bytes.HasPrefix(head, mark) }; {
	case is(0xEF, 0xBB, 0xBF):
		return 3, nil
	case is(0xFF, 0xFE, 0, 0), is(0, 0, 0xFE, 0xFF):
		other = "UTF-32"
	case is(0xFF, 0xFE), is(0xFE, 0xFF), alternating(head, 0), alternating(head, 1):
		other = "UTF-16"
	}
	if other == "" {
		return 0, nil
	}
	return 0, &formats.ParseError{File: name, Offset: 0, Err: fmt.Errorf("%s text: convert it to UTF-8", other)}
}

// alternating reports whether a text begins with two characters of ASCII in 16 bits,
// the zeros at even or odd places.
func alternating(head []byte, zero int) bool {
	return len(head) >= 4 && head[zero] == 0 && head[zero+2] == 0 && head[1-zero] != 0 && head[3-zero] != 0
}

// reader reads a text behind its byte order mark.
type reader struct {
	*bufio.Reader
	io.Closer
	offset int64 // where the text begins
}

func newReader(in io.ReadCloser, name string) (*reader, error) {
	r := &reader{bufio.NewReader(in), in, 0}
	head, err := r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		in.Close()
		return nil, err
	}
	mark, err := begin(head, name)
	if err != nil {
		in.Close()
		return nil, err
	}
	n, err := r.Discard(mark)
	r.offset = int64(n)
	return r, err
}

// invalid is the offset of the first byte that is no UTF-8, −1 without one.
func invalid(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
}

func noText(name string, offset int64, b byte) error {
	return &formats.ParseError{File: name, Offset: offset,
		Err: fmt.Errorf("no UTF-8 text: byte 0x%02x cannot stand here: convert it to UTF-8", b)}
}
