package corpus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"llada/formats"
	"llada/formats/output"
	"llada/formats/text"
	"llada/runtime/score"
)

// MaskSet is the corpus of an explicit mask set, a JSON Lines file of items. t may
// be nil.
func MaskSet(ctx context.Context, path string, t Tokenizer, l Limits) (*Corpus, error) {
	file, err := text.Open(path)
	if err != nil {
		return nil, err
	}
	identity, err := file.Digest()
	if err != nil {
		return nil, err
	}
	c := &Corpus{Identity: identity}
	c.Items = func(yield func(Document, error) bool) {
		for line, err := range file.Lines() {
			var d Document
			if err == nil {
				err = line.Parse(&d.Item, func() error { return cmp.Or(misspelt(line.Text), l.check(d.Item)) })
			}
			if err != nil {
				yield(Document{}, err)
				return
			}
			d.Bytes = textBytes(t, d.IDs[d.Prompt:])
			if !yield(d, nil) {
				return
			}
		}
	}
	if err := c.count(ctx); err != nil {
		return nil, err
	}
	if c.Documents == 0 {
		return nil, &formats.ParseError{File: file.Name, Offset: -1, Err: errors.New("the mask set is empty")}
	}
	return c, nil
}

// misspelt refuses a line that has another key in the place of prompt_length, which
// would silently be 0. Beside it other keys may tell anything.
func misspelt(line []byte) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(line, &keys); err != nil {
		return err
	}
	if _, ok := keys["prompt_length"]; ok {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if key != "ids" && key != "masks" {
			return fmt.Errorf(`unknown key %q, and no "prompt_length"`, key)
		}
	}
	return nil
}

// MaskWriter writes the mask set that a run uses, under its name once it is
// whole. A nil one writes nothing.
type MaskWriter struct{ out *output.File }

// CreateMasks begins a mask set; without a path it is nil.
func CreateMasks(path string, o output.Options) (*MaskWriter, error) {
	if path == "" {
		return nil, nil
	}
	out, err := output.Create(path, o)
	if err != nil {
		return nil, err
	}
	return &MaskWriter{out}, nil
}

// Write adds an item.
func (w *MaskWriter) Write(it score.Item) error {
	if w == nil {
		return nil
	}
	return json.NewEncoder(w.out).Encode(it)
}

// Commit gives the file its name; if it cannot, nothing is left.
func (w *MaskWriter) Commit() error {
	if w == nil {
		return nil
	}
	return w.out.Commit()
}

// Abort removes what is not whole. It is harmless after Commit.
func (w *MaskWriter) Abort() {
	if w != nil {
		w.out.Abort()
	}
}
