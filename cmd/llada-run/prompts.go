package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"llada/formats/chat"
	"llada/formats/text"
	"llada/runtime/sample"
)

// line is what a line of a --prompts file says beside the prompt.
type line struct {
	id      json.RawMessage // its own name; nil: none
	options sample.Options
	err     error // why it cannot be answered; nil: it can
}

// readRequests reads every line of a --prompts file. Lines may have sampling
// options that stand in for those of flags. A fault of a line is its request's,
// so that the others can be answered. The digest identifies the content.
func readRequests(path string, o *samplingOptions, flags *pflag.FlagSet) (requests []*request, digest string, err error) {
	h := sha256.New()
	for l, err := range text.Lines(path) {
		if err != nil {
			return nil, "", err
		}
		fmt.Fprintf(h, "%d %d\n%s\n", l.Number, len(l.Text), l.Text)
		r := &request{}
		var fields object
		r.err = l.Parse(&fields, func() error { return r.read(fields, o, flags) })
		requests = append(requests, r)
	}
	return requests, hex.EncodeToString(h.Sum(nil)), nil
}

// object is a JSON object whose values are read later.
type object map[string]json.RawMessage

// UnmarshalJSON refuses other values, and a key that comes twice. A null is as
// good as a missing key.
func (o *object) UnmarshalJSON(text []byte) error {
	in := json.NewDecoder(bytes.NewReader(text))
	if start, _ := in.Token(); start != json.Delim('{') {
		return fmt.Errorf("want an object in braces, not %.20s", text)
	}
	*o = object{}
	for in.More() {
		token, err := in.Token()
		if err != nil {
			return err
		}
		key := token.(string)
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return err
		}
		if (*o)[key] != nil {
			return fmt.Errorf("%q comes twice", key)
		}
		(*o)[key] = value
	}
	maps.DeleteFunc(*o, func(_ string, v json.RawMessage) bool { return string(v) == "null" })
	return nil
}

// read takes the fields of a line.
func (r *request) read(fields object, o *samplingOptions, flags *pflag.FlagSet) error {
	own := map[string]json.RawMessage{}
	var failed error
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		var err error
		switch value := fields[key]; key {
		case "id":
			if value[0] == '{' || value[0] == '[' {
				err = errors.New("want a string, a number or a boolean")
			} else {
				r.id = bytes.Clone(value)
			}
		case "prompt":
			err = expect("a string", json.Unmarshal(value, &r.Prompt))
		case "ids":
			err = expect("a list of token ids", json.Unmarshal(value, &r.IDs))
		case "messages":
			r.Messages, err = readMessages(value)
		default:
			own[key] = value
		}
		if err != nil && failed == nil {
			failed = fmt.Errorf("%q: %w", key, err)
		}
	}
	if failed != nil {
		return failed
	}
	var err error
	if r.options, err = o.with(flags, own); err != nil {
		return err
	}
	return r.check()
}

func expect(what string, err error) error {
	if err != nil {
		return errors.New("want " + what)
	}
	return nil
}

// readMessages reads a conversation, in which nothing is without effect: what
// stands under a misspelt role or key, templates leave out in silence.
func readMessages(text json.RawMessage) ([]chat.Message, error) {
	var all []object
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, errors.New(`want a list of {"role", "content"}`)
	}
	if len(all) == 0 {
		return nil, errors.New("is empty: want at least one message")
	}
	messages := make([]chat.Message, len(all))
	for i, fields := range all {
		m := &messages[i]
		for _, key := range slices.Sorted(maps.Keys(fields)) {
			var err error
			switch key {
			case "role":
				err = json.Unmarshal(fields[key], &m.Role)
			case "content":
				err = json.Unmarshal(fields[key], &m.Content)
			default:
				return nil, fmt.Errorf(`message %d has an unknown key %q: want "role" and "content"`, i+1, key)
			}
			if err != nil {
				return nil, fmt.Errorf("message %d: %q: want a string", i+1, key)
			}
		}
		switch {
		case fields["content"] == nil:
			return nil, fmt.Errorf(`message %d has no "content"`, i+1)
		case !slices.Contains(chat.Roles, m.Role):
			return nil, fmt.Errorf("message %d has the role %q: want %s", i+1, m.Role, strings.Join(chat.Roles, ", "))
		}
	}
	return messages, nil
}
