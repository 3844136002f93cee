package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"llada/formats"
)

// document walks a JSON document token by token. Unmarshalling would keep the
// last of two equal keys, match keys in any case and build what is not wanted.
type document struct {
	path string
	base int64 // offset in the file of the document's first byte
	data []byte
	dec  *json.Decoder
}

func newDocument(path string, base int64, text []byte) (*document, error) {
	d := &document{path: path, base: base, data: text, dec: json.NewDecoder(bytes.NewReader(text))}
	d.dec.UseNumber()
	if !utf8.Valid(text) {
		return nil, d.errorf("is not UTF-8 text")
	}
	return d, nil
}

// errorf is an error at the place reached.
func (d *document) errorf(format string, args ...any) error {
	return &formats.ParseError{
		File:   d.path,
		Offset: d.base + d.dec.InputOffset(),
		Err:    fmt.Errorf(format, args...),
	}
}

func (d *document) token(what string) (json.Token, error) {
	tok, err := d.dec.Token()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, d.errorf("%s: the JSON ends early", what)
	}
	if err != nil {
		return nil, d.errorf("%s: not JSON: %w", what, err)
	}
	return tok, nil
}

// object reads an object whose keys must differ; each reads the value of a key.
func (d *document) object(what string, each func(key string) error) error {
	tok, err := d.token(what)
	if err != nil {
		return err
	}
	if tok != json.Delim('{') {
		return d.errorf("%s is %s, not an object", what, describe(tok))
	}
	seen := make(map[string]struct{})
	for d.dec.More() {
		tok, err := d.token(what)
		if err != nil {
			return err
		}
		key := tok.(string) // the decoder lets nothing else be a key
		if _, twice := seen[key]; twice {
			return d.errorf("%s: %.80q occurs twice", what, key)
		}
		seen[key] = struct{}{}
		if err := each(key); err != nil {
			return err
		}
	}
	_, err = d.token(what)
	return err
}

// naturals reads an array of at most limit whole numbers.
func (d *document) naturals(what string, limit int) ([]int64, error) {
	tok, err := d.token(what)
	if err != nil {
		return nil, err
	}
	if tok != json.Delim('[') {
		return nil, d.errorf("%s is %s, not an array", what, describe(tok))
	}
	list := []int64{}
	for d.dec.More() {
		if len(list) == limit {
			return nil, d.errorf("%s has more than %d numbers", what, limit)
		}
		tok, err := d.token(what)
		if err != nil {
			return nil, err
		}
		number, ok := tok.(json.Number)
		if !ok {
			return nil, d.errorf("%s holds %s, not a number", what, describe(tok))
		}
		n, err := strconv.ParseInt(number.String(), 10, 64)
		if err != nil || n < 0 {
			return nil, d.errorf("%s holds %.40s, not a whole number from 0 to 2^63-1", what, number)
		}
		list = append(list, n)
	}
	_, err = d.token(what)
	return list, err
}

// null reports whether the value that comes next is null, without reading it.
func (d *document) null() bool {
	rest := bytes.TrimLeft(d.data[d.dec.InputOffset():], space+":,")
	return bytes.HasPrefix(rest, []byte("null"))
}

func (d *document) text(what string) (string, error) {
	tok, err := d.token(what)
	if err != nil {
		return "", err
	}
	s, ok := tok.(string)
	if !ok {
		return "", d.errorf("%s is %s, not a string", what, describe(tok))
	}
	return s, nil
}

// skip passes over a value of any kind.
func (d *document) skip(what string) error {
	var raw json.RawMessage
	if err := d.dec.Decode(&raw); err != nil {
		return d.errorf("%s: not JSON: %w", what, err)
	}
	return nil
}

// describe names a token for messages.
func describe(tok json.Token) string {
	switch v := tok.(type) {
	case json.Delim:
		if v == '{' {
			return "an object"
		}
		return "an array"
	case string:
		return fmt.Sprintf("%.40q", v)
	case json.Number:
		return fmt.Sprintf("%.40s", v)
	case nil:
		return "null"
	}
	return fmt.Sprint(tok)
}
