package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"unicode/utf8"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/tokenizer"
	"llada/runtime/score"
)

// textPiece bounds how much of a text is encoded at a time.
const textPiece = 1 << 16

// pieces yields a text in parts of about textPiece bytes, cut behind a line
// break that no white space follows, where tokens never meet, or, without one,
// between characters.
func pieces(path string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield("", err)
			return
		}
		defer f.Close()
		var rest []byte
		block := make([]byte, textPiece)
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

// tokenWindows yields the text's tokens in windows of n, without what is left
// at the end.
func tokenWindows(path string, t *tokenizer.Tokenizer, n int) iter.Seq2[[]int32, error] {
	return func(yield func([]int32, error) bool) {
		var ids []int32
		for text, err := range pieces(path) {
			var more []int32
			if err == nil {
				more, err = t.Encode(text)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			ids = append(ids, more...)
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

// windowsOf is the corpus of a text's windows.
func (o *inputOptions) windowsOf(ctx context.Context, l *loaded) (*corpus, error) {
	if l.tokenizer == nil {
		return nil, fmt.Errorf("the container holds no tokenizer: give a mask set of token ids (--masks)")
	}
	if o.window > l.arch.Context {
		return nil, cli.Usagef("--window is %d, above the model's context of %d", o.window, l.arch.Context)
	}
	hash := sha256.New()
	for text, err := range pieces(o.text) {
		if err != nil {
			return nil, err
		}
		io.WriteString(hash, text)
	}
	whole, left := 0, 0
	for ids, err := range tokenWindows(o.text, l.tokenizer, o.window) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if left = len(ids); left == o.window {
			whole++
		}
	}
	switch {
	case whole == 0 && left == 0:
		return nil, &formats.ParseError{File: o.text, Offset: -1, Err: errors.New("the text is empty")}
	case whole == 0:
		return nil, cli.Usagef("%s has %d tokens, less than a window of %d: add --window %d, or score more text", o.text, left, o.window, left)
	}
	c := &corpus{documents: whole, identity: hex.EncodeToString(hash.Sum(nil))}
	if o.windows > 0 {
		c.documents = min(o.windows, whole)
	}
	c.items = func(yield func(document, error) bool) { o.chosen(l, whole, c.documents, yield) }
	return c, nil
}

// chosen yields n of the text's whole windows.
func (o *inputOptions) chosen(l *loaded, whole, n int, yield func(document, error) bool) {
	at, left := 0, n
	choose := score.Choose(o.seed, n, whole)
	for ids, err := range tokenWindows(o.text, l.tokenizer, o.window) {
		if err != nil {
			yield(document{}, err)
			return
		}
		if left > 0 && choose() {
			item := score.NewItem(ids, 0, o.draw(uint64(at), len(ids)))
			if err := l.checkItem(item); err != nil {
				yield(document{}, fmt.Errorf("%s: window %d: %w", o.text, at, err))
				return
			}
			if !yield(document{item, l.textBytes(ids)}, nil) {
				return
			}
			left--
		}
		at++
	}
}
