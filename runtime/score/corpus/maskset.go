package corpus

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"

	"llada/formats"
	"llada/formats/text"
	"llada/runtime/score"
)

// MaskSet is the corpus of an explicit mask set, a JSON Lines file of items. t may
// be nil.
func MaskSet(ctx context.Context, path string, t Tokenizer, l Limits) (*Corpus, error) {
	identity, err := FileDigest(path)
	if err != nil {
		return nil, err
	}
	c := &Corpus{Identity: identity}
	c.Items = func(yield func(Document, error) bool) {
		for line, err := range text.Lines(path) {
			var d Document
			if err == nil {
				err = line.Parse(&d.Item, func() error { return l.check(d.Item) })
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
		return nil, &formats.ParseError{File: path, Offset: -1, Err: errors.New("the mask set is empty")}
	}
	return c, nil
}

// MaskWriter writes the mask set that a run uses, under its name once it is
// whole.
type MaskWriter struct {
	path string
	file *os.File // nil: nothing is written
	out  *bufio.Writer
}

// CreateMasks begins a mask set; without a path nothing is written.
func CreateMasks(path string) (*MaskWriter, error) {
	if path == "" {
		return &MaskWriter{}, nil
	}
	f, err := os.Create(path + formats.PartialSuffix)
	if err != nil {
		return nil, err
	}
	return &MaskWriter{path, f, bufio.NewWriter(f)}, nil
}

// Write adds an item.
func (w *MaskWriter) Write(it score.Item) error {
	if w.file == nil {
		return nil
	}
	return json.NewEncoder(w.out).Encode(it)
}

// Commit gives the file its name; if it cannot, nothing is left.
func (w *MaskWriter) Commit() error {
	if w.file == nil {
		return nil
	}
	err := errors.Join(w.out.Flush(), w.file.Close())
	if err == nil {
		err = os.Rename(w.path+formats.PartialSuffix, w.path)
	}
	if err != nil {
		os.Remove(w.path + formats.PartialSuffix)
	}
	w.file = nil
	return err
}

// Abort removes what is not whole. It is harmless after Commit.
func (w *MaskWriter) Abort() {
	if w.file != nil {
		w.file.Close()
		os.Remove(w.path + formats.PartialSuffix)
		w.file = nil
	}
}
