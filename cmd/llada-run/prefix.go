package main

import (
	"fmt"
	"io"
	"slices"

	"llada/formats/tokenizer"
	"llada/runtime/sample"
)

// prefix prints the part of an answer that is settled: the tokens before the
// first mask, as they come.
type prefix struct {
	out    io.Writer
	stream *tokenizer.Stream
	tokens sample.Tokens
	next   int // position of the canvas not yet printed
	ended  bool
	dirty  bool // something stands on the last line
}

// newPrefix prints what follows a prompt of n tokens.
func newPrefix(out io.Writer, t *tokenizer.Tokenizer, tokens sample.Tokens, n int) *prefix {
	return &prefix{out: out, stream: t.NewStream(true), tokens: tokens, next: n}
}

// show prints what an event settled.
func (p *prefix) show(e sample.Event) error {
	for ; !p.ended && p.next < len(e.Canvas); p.next++ {
		id := e.Canvas[p.next]
		if id == p.tokens.Mask {
			return nil
		}
		if slices.Contains(p.tokens.End, id) {
			p.ended = true
			return nil
		}
		if err := p.write(p.stream.Write(id)); err != nil {
			return err
		}
	}
	return nil
}

func (p *prefix) write(text string) error {
	if text == "" {
		return nil
	}
	p.dirty = text[len(text)-1] != '\n'
	_, err := io.WriteString(p.out, text)
	return err
}

// end completes the last line.
func (p *prefix) end() error {
	if err := p.write(p.stream.Flush()); err != nil || !p.dirty {
		return err
	}
	_, err := fmt.Fprintln(p.out)
	return err
}
