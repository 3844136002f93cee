package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"

	"llada/formats"
	"llada/runtime/score"
)

// jsonLine is a line of a JSON Lines file.
type jsonLine struct {
	number int
	text   []byte // valid until the next line
}

// jsonLines yields the lines of a file that are not blank.
func jsonLines(path string) iter.Seq2[jsonLine, error] {
	return func(yield func(jsonLine, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(jsonLine{}, err)
			return
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, inputLimit)
		for n := 1; lines.Scan(); n++ {
			if len(bytes.TrimSpace(lines.Bytes())) > 0 && !yield(jsonLine{n, lines.Bytes()}, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(jsonLine{}, fmt.Errorf("%s: %w", path, err))
		}
	}
}

// parse decodes the line into v and checks it; file names it in errors.
func (l jsonLine) parse(file string, v any, check func() error) error {
	err := json.Unmarshal(l.text, v)
	if err == nil {
		err = check()
	}
	if err != nil {
		return &formats.ParseError{File: file, Offset: -1, Err: fmt.Errorf("line %d: %w", l.number, err)}
	}
	return nil
}

// maskSet is the corpus of an explicit mask set.
func (o *inputOptions) maskSet(ctx context.Context, l *loaded) (*corpus, error) {
	identity, err := fileDigest(o.masks)
	if err != nil {
		return nil, err
	}
	c := &corpus{identity: identity}
	c.items = func(yield func(document, error) bool) {
		for line, err := range jsonLines(o.masks) {
			var d document
			if err == nil {
				err = line.parse(o.masks, &d.Item, func() error { return l.checkItem(d.Item) })
			}
			if err != nil {
				yield(document{}, err)
				return
			}
			d.bytes = l.textBytes(d.IDs[d.Prompt:])
			if !yield(d, nil) {
				return
			}
		}
	}
	for _, err := range c.items {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		c.documents++
	}
	if c.documents == 0 {
		return nil, &formats.ParseError{File: o.masks, Offset: -1, Err: errors.New("the mask set is empty")}
	}
	return c, nil
}

// maskWriter writes the mask set that a run uses, under its name once it is
// whole.
type maskWriter struct {
	path string
	file *os.File
	out  *bufio.Writer
}

func createMasks(path string) (*maskWriter, error) {
	if path == "" {
		return &maskWriter{}, nil
	}
	f, err := os.Create(path + partialSuffix)
	if err != nil {
		return nil, err
	}
	return &maskWriter{path, f, bufio.NewWriter(f)}, nil
}

func (w *maskWriter) write(it score.Item) error {
	if w.file == nil {
		return nil
	}
	return json.NewEncoder(w.out).Encode(it)
}

func (w *maskWriter) commit() error {
	if w.file == nil {
		return nil
	}
	err := errors.Join(w.out.Flush(), w.file.Close())
	if err == nil {
		err = os.Rename(w.path+partialSuffix, w.path)
	}
	w.file = nil
	return err
}

// abort removes what is not whole.
func (w *maskWriter) abort() {
	if w.file != nil {
		w.file.Close()
		os.Remove(w.path + partialSuffix)
	}
}
