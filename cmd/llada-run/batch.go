package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/text"
	"llada/runtime/bundle"
	"llada/runtime/sample"
)

// runPrompts answers every line of a file.
func runPrompts(ctx context.Context, o *generateOptions, options sample.Options, g *cli.Globals) error {
	requests, err := readRequests(o.prompts)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(o.out); err == nil && !o.force {
		if o.resume {
			return nil // complete: nothing is left to do
		}
		return fmt.Errorf("%s exists: add --force to overwrite it: %w", o.out, fs.ErrExist)
	}
	b, err := o.model.open(ctx, g)
	if err != nil {
		return err
	}
	defer b.Close()
	out, done, err := o.openPartial(len(requests))
	if err != nil {
		return err
	}
	defer out.Close()
	bar := cli.NewCount(int64(len(requests)), g)
	defer bar.Close()
	bar.Add(int64(done))
	for i := done; i < len(requests); i++ {
		if err := o.answer(ctx, b, out, i, requests[i], options); err != nil {
			if i > 0 || done > 0 {
				return fmt.Errorf("prompt %d of %d: %w (answers so far are in %s; --resume goes on)", i+1, len(requests), err, o.out+formats.PartialSuffix)
			}
			return errors.Join(fmt.Errorf("prompt 1 of %d: %w", len(requests), err), os.Remove(out.Name()))
		}
		bar.Add(1)
	}
	if err := out.Sync(); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Rename(o.out+formats.PartialSuffix, o.out)
}

func (o *generateOptions) answer(ctx context.Context, b *bundle.Bundle, out io.Writer, i int, r *request, options sample.Options) error {
	ids, err := r.encode(b, o.system, o.raw)
	if err != nil {
		return err
	}
	if r.Seed != nil {
		options.Seed = *r.Seed
	}
	a, err := generate(ctx, b, ids, options, nil)
	if err != nil {
		return err
	}
	if !o.trace {
		a.Committed = nil
	}
	a.Index = &i
	line, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = out.Write(append(line, '\n'))
	return err
}

// readRequests reads and checks the whole file first, so that a mistake in the
// last line does not show after hours.
func readRequests(path string) ([]*request, error) {
	var requests []*request
	for line, err := range text.Lines(path) {
		var r request
		if err == nil {
			err = line.Parse(&r, r.check)
		}
		if err != nil {
			return nil, err
		}
		requests = append(requests, &r)
	}
	return requests, nil
}

// openPartial opens the incomplete output and counts the answers in it.
func (o *generateOptions) openPartial(most int) (*os.File, int, error) {
	path := o.out + formats.PartialSuffix
	if !o.resume {
		flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
		if o.force {
			flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
		}
		f, err := os.OpenFile(path, flags, 0o666)
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%s holds the answers of an interrupted run: add --resume to go on or --force to start again: %w", path, fs.ErrExist)
		}
		return f, 0, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, 0, err
	}
	done, end, err := countAnswers(f)
	if err == nil && done > most {
		err = &formats.ParseError{File: path, Offset: -1, Err: fmt.Errorf("holds %d answers for %d prompts: it belongs to another file", done, most)}
	}
	if err == nil {
		err = f.Truncate(end) // a line cut off by a crash
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, done, nil
}

// countAnswers counts complete lines, each with the index it should have, and
// where they end.
func countAnswers(f *os.File) (n int, end int64, err error) {
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return n, end, nil
		}
		if err != nil {
			return 0, 0, err
		}
		var a generation
		if json.Unmarshal(line, &a) != nil || a.Index == nil || *a.Index != n {
			return 0, 0, &formats.ParseError{File: f.Name(), Offset: end, Err: fmt.Errorf("line %d is not answer %d", n+1, n)}
		}
		n++
		end += int64(len(line))
	}
}
