package text

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"llada/formats"
)

// Encoder turns text into token ids.
type Encoder interface {
	Encode(text string) ([]int32, error)
	// Cut is where a text that goes on can be cut, the ids of both parts being those
	// of the whole; 0: nowhere.
	Cut(text string) int
}

const (
	pieceBytes = 1 << 16  // encoded at a time
	wholeBytes = 16 << 20 // without a place to cut it
)

// Piece is a part of a text.
type Piece struct {
	Text   string
	IDs    []int32
	Offset int64 // in the file
	Line   int   // of its beginning, from 1
}

// Place says where in the file byte i of the piece stands.
func (p Piece) Place(i int) (offset int64, line int) {
	return p.Offset + int64(i), p.Line + strings.Count(p.Text[:i], "\n")
}

// Pieces yields a text in parts whose tokens, one after the other, are those of the
// whole. They have about pieceBytes bytes where the encoder finds a place to cut. A
// text that has none for wholeBytes is refused: memory has a bound.
func (f *File) Pieces(t Encoder) iter.Seq2[Piece, error] {
	return func(yield func(Piece, error) bool) {
		in, err := f.open()
		if err != nil {
			yield(Piece{}, err)
			return
		}
		defer in.Close()
		p := Piece{Offset: in.offset, Line: 1}
		var rest []byte
		for grow, last := pieceBytes, false; !last; {
			from := len(rest)
			rest = append(rest, make([]byte, grow)...)
			n, err := io.ReadFull(in, rest[from:])
			rest = rest[:from+n]
			last = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
			if err != nil && !last {
				yield(Piece{}, err)
				return
			}
			end := len(rest)
			if !last {
				end = whole(rest)
			}
			if bad := invalid(rest[:end]); bad >= 0 {
				yield(Piece{}, noText(f.Name, p.Offset+int64(bad), rest[bad]))
				return
			}
			p.Text = string(rest[:end])
			if !last {
				p.Text = p.Text[:t.Cut(p.Text)]
			}
			switch {
			case p.Text == "" && len(rest) > wholeBytes:
				yield(Piece{}, &formats.ParseError{File: f.Name, Offset: p.Offset, Err: fmt.Errorf(
					"%d MB in which the tokenizer sees no end of a word: break the text into shorter lines", wholeBytes>>20)})
				return
			case p.Text == "":
				grow = min(len(rest), wholeBytes+1-len(rest))
				continue
			}
			if p.IDs, err = t.Encode(p.Text); !yield(p, err) || err != nil {
				return
			}
			p.Offset, p.Line = p.Place(len(p.Text))
			rest = append(rest[:0], rest[len(p.Text):]...)
			grow = pieceBytes
		}
	}
}

// whole is the end of the last whole character of a text that goes on.
func whole(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax); i-- {
		if utf8.RuneStart(b[i]) {
			if utf8.FullRune(b[i:]) {
				return len(b)
			}
			return i
		}
	}
	return len(b)
}

// Windows yields a text's tokens in windows of n, and at last what is left, which
// is less.
func (f *File) Windows(t Encoder, n int) iter.Seq2[[]int32, error] {
	return func(yield func([]int32, error) bool) {
		var ids []int32
		for p, err := range f.Pieces(t) {
			if err != nil {
				yield(nil, err)
				return
			}
			ids = append(ids, p.IDs...)
			for len(ids) >= n {
				if !yield(ids[:n:n], nil) {
					return
				}
				ids = ids[n:]
			}
		}
		if len(ids) > 0 {
			yield(ids, nil)
		}
	}
}
