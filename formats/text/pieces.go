package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"unicode/utf8"

	"llada/formats"
)

// pieceBytes bounds how much of a text is encoded at a time.
const pieceBytes = 1 << 16

// Pieces yields a text in parts of about pieceBytes bytes, cut behind a line
// break that no white space follows, where tokens never meet, or, without one,
// between characters.
func Pieces(path string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield("", err)
			return
		}
		defer f.Close()
		var rest []byte
		block := make([]byte, pieceBytes)
		for offset := int64(0); ; {
			n, err := io.ReadFull(f, block)
			rest = append(rest, block[:n]...)
			last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
			if err != nil && !last {
				yield("", err)
				return
			}
			cut := len(rest)
			if !last {
				cut = cutText(rest)
			}
			if bad := invalid(rest[:cut]); bad >= 0 {
				yield("", &formats.ParseError{File: path, Offset: offset + int64(bad),
					Err: fmt.Errorf("no UTF-8 text: byte 0x%02x cannot stand here: convert the file to UTF-8", rest[bad])})
				return
			}
			if !yield(string(rest[:cut]), nil) || last {
				return
			}
			offset += int64(cut)
			rest = append(rest[:0], rest[cut:]...)
		}
	}
}

// cutText is where to cut a text that goes on.
func cutText(b []byte) int {
	for i := len(b) - 1; i > len(b)/2; i-- {
		if b[i-1] == '\n' && bytes.IndexByte([]byte(" \t\r\n\v\f"), b[i]) < 0 && b[i] < utf8.RuneSelf {
			return i
		}
	}
	for i := len(b) - 1; i > len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return i
		}
	}
	return len(b)
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
