package main

import (
	"fmt"
	"io"

	"llada/formats/tokenizer"
	"llada/runtime/sample"
)

// stream prints the part of an answer that is settled: the tokens before the
// first mask, as they come.
type stream struct {
	out    io.Writer
	text   *tokenizer.Stream
	tokens sample.Tokens
	next   int // position of the canvas not yet printed
	ended  bool
	dirty  bool // something stands on the last line
}

// newStream prints what follows a prompt of n tokens.
func newStream(out io.Writer, t *tokenizer.Tokenizer, tokens sample.Tokens, n int) *stream {
	return &stream{out: out, text: t.NewStream(true), tokens: tokens, next: n}
}

// show prints what an event settled.
func (s *stream) show(e sample.Event) error {
	for ; !s.ended && s.next < len(e.Canvas); s.next++ {
		id := e.Canvas[s.next]
		if id == s.tokens.Mask {
			return nil
		}
		if s.tokens.Ends(id) {
			s.ended = true
			return nil
		}
		if err := s.write(s.text.Write(id)); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) write(text string) error {
	if text == "" {
		return nil
	}
	s.dirty = text[len(text)-1] != '\n'
	_, err := io.WriteString(s.out, text)
	return err
}

// end completes the last line.
func (s *stream) end() error {
	if err := s.write(s.text.Flush()); err != nil || !s.dirty {
		return err
	}
	_, err := fmt.Fprintln(s.out)
	return err
}
