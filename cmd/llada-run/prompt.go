package main

import (
	"errors"
	"fmt"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/chat"
	"llada/formats/text"
	"llada/runtime/bundle"
	"llada/runtime/model"
)

// request is one thing to answer: a line of a --prompts file, or the flags.
type request struct {
	Prompt   *string
	Messages []chat.Message
	IDs      []int32
	line     // where it comes from a file
}

// The errors of a system message which would be left out in silence.
var (
	errSystem    = cli.Usagef("--system needs a chat template: the model has none, or --raw turned it off")
	errSystemIDs = errors.New("--system needs a prompt of text, not of ids")
)

// check asks for exactly one kind of input.
func (r *request) check() error {
	n := 0
	for _, given := range []bool{r.Prompt != nil, r.Messages != nil, r.IDs != nil} {
		if given {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf(`want exactly one of "prompt", "messages" and "ids", found %d`, n)
	}
	return nil
}

// encode turns a request into token ids. Text passes the chat template, if the
// model has one, unless raw.
func (r *request) encode(b *bundle.Bundle, system string, raw bool) ([]int32, error) {
	ids, err := r.tokens(b, system, raw)
	b.NoticeMasks(ids)
	return ids, err
}

func (r *request) tokens(b *bundle.Bundle, system string, raw bool) ([]int32, error) {
	if r.IDs != nil && system != "" {
		return nil, errSystemIDs
	}
	if len(r.IDs) > 0 {
		return r.IDs, b.Model.Check(&model.Seq{IDs: r.IDs})
	}
	if r.IDs != nil {
		return r.IDs, nil
	}
	messages := r.Messages
	if r.Prompt != nil {
		if raw || b.Template == nil {
			if system != "" {
				return nil, errSystem
			}
			return b.Encode(*r.Prompt)
		}
		messages = []chat.Message{{Role: "user", Content: *r.Prompt}}
	}
	if system != "" {
		messages = append([]chat.Message{{Role: "system", Content: system}}, messages...)
	}
	return b.EncodeChat(messages)
}

// flagText is the text that a flag gives.
func flagText(value, name string) (string, error) {
	value, err := text.Clean(value, "--"+name)
	return value, cli.Usage(err)
}

// readIDs reads a JSON array of token ids.
func readIDs(path string) ([]int32, error) {
	f, err := text.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := f.Whole()
	if err != nil {
		return nil, err
	}
	ids := []int32{}
	err = text.Unmarshal([]byte(data), &ids)
	if err == nil && ids == nil {
		err = errors.New("null is none")
	}
	if err != nil {
		return nil, &formats.ParseError{File: f.Name, Offset: -1, Err: fmt.Errorf("want a JSON array of token ids: %w", err)}
	}
	return ids, nil
}
