package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/formats/journal"
	"llada/formats/output"
	"llada/formats/text"
	"llada/runtime/bundle"
	"llada/runtime/sample"
)

// runPrompts answers every line of a file. Answers are kept in a journal beside
// the output, which becomes the output when all are there.
func runPrompts(cmd *cobra.Command, o *generateOptions, g *cli.Globals) error {
	ctx := cmd.Context()
	requests, digest, err := readRequests(o.prompts, &o.sample, cmd.Flags())
	if err != nil {
		return err
	}
	if whole, err := o.complete(len(requests)); err != nil {
		return err
	} else if whole != nil {
		g.Note(fmt.Sprintf("%s is complete: it has a line for each of %s", o.out, count(len(requests), "prompt")))
		return whole.result(len(requests))
	}
	b, err := o.model.open(ctx, g)
	if err != nil {
		return err
	}
	defer b.Close()
	switch n := o.sample.GenLength; {
	case o.system != "" && (o.raw || b.Template == nil):
		return errSystem
	case n > b.Arch.Context:
		return cli.Usagef("--gen-length is %d, above the model's context of %d", n, b.Arch.Context)
	}
	run, err := o.identity(cmd.Flags(), b, digest)
	if err != nil {
		return err
	}
	out, err := o.openAnswers(run)
	if err != nil {
		return err
	}
	defer out.abort()
	bar := cli.NewCount(int64(len(requests)), g)
	defer bar.Close()
	for i, r := range requests {
		found, err := out.earlier(i)
		if err == nil && !found {
			var a *answer
			if a, err = o.answer(ctx, b, i, r); err == nil {
				err = out.add(a)
			}
		}
		if err != nil {
			return out.stopped(fmt.Errorf("prompt %d of %d: %w", i+1, len(requests), err))
		}
		bar.Add(1)
	}
	if err := out.commit(); err != nil {
		return err
	}
	return out.result(len(requests))
}

// answer is a line of the output: a generation, or why there is none.
type answer struct {
	Index int             `json:"index"`
	ID    json.RawMessage `json:"id,omitempty"` // of the prompt's line
	Error string          `json:"error,omitempty"`
	*generation
}

// answer answers a request. An error is one of the run, not of the request.
func (o *generateOptions) answer(ctx context.Context, b *bundle.Bundle, i int, r *request) (*answer, error) {
	a := &answer{Index: i, ID: r.id}
	err := r.err
	var parse *formats.ParseError
	if errors.As(err, &parse) {
		err = parse.Err // the file is known
	}
	var ids []int32
	if err == nil {
		ids, err = r.encode(b, o.system, o.raw)
	}
	var g *sample.Generation
	if err == nil {
		g, err = sample.New(b.Generations(r.options), ids)
	}
	if err != nil {
		a.Error = err.Error()
		return a, nil
	}
	a.generation, err = generate(ctx, b, g, nil)
	if err == nil && !o.trace {
		a.Committed = nil
	}
	return a, err
}

// identity says which run this is: nothing else changes the answers. Whatever is
// not named here is a flag that does.
func (o *generateOptions) identity(flags *pflag.FlagSet, b *bundle.Bundle, prompts string) (any, error) {
	model, err := b.Identity()
	if err != nil {
		return nil, err
	}
	template, err := b.TemplateIdentity()
	if err != nil {
		return nil, err
	}
	run := map[string]string{"model": model, "chat template": template, "--prompts": prompts}
	without := []string{"model", "prompts", "output", "force", "resume", "threads", "quiet", "json", "device", "help"}
	flags.VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(without, f.Name) {
			run["--"+f.Name] = f.Value.String()
		}
	})
	return run, nil
}

// complete is what --resume finds where all answers are there, else nil. Its error
// is that of an output that may not be written.
func (o *generateOptions) complete(prompts int) (*answers, error) {
	if output.IsStream(o.out) && o.resume {
		return nil, cli.Usagef("--resume needs a file: what was written to %s cannot be read back", o.out)
	}
	err := output.Check(o.out, output.Options{Force: o.force, Stream: true})
	if !o.resume || !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if _, err := os.Lstat(o.out + formats.PartialSuffix); err == nil {
		o.force = true // as the interrupted run had it, or the output would not be there
		return nil, output.Check(o.out, output.Options{Force: true})
	}
	whole := &answers{path: o.out}
	n := 0
	for l, err := range text.Lines(o.out) {
		var a struct {
			Index *int
			Error string
		}
		if err == nil {
			err = l.Parse(&a, func() error {
				if a.Index == nil || *a.Index != n {
					return fmt.Errorf("is not answer %d", n)
				}
				return nil
			})
		}
		if err != nil {
			return nil, err
		}
		whole.tally(n, a.Error)
		n++
	}
	if n != prompts {
		return nil, fmt.Errorf("%s holds %s to %s: it belongs to another run, --force replaces it", o.out, count(n, "answer"), count(prompts, "prompt"))
	}
	return whole, nil
}

// answers is where they go: a journal that becomes the output, or a stream.
type answers struct {
	path    string
	journal *journal.Journal // nil: a stream
	stream  *output.File
	force   bool
	failed  int
	first   error // of those
}

func (o *generateOptions) openAnswers(run any) (*answers, error) {
	a := &answers{path: o.out, force: o.force}
	var err error
	if output.IsStream(o.out) {
		a.stream, err = output.Create(o.out, output.Options{Stream: true})
		return a, err
	}
	mode := journal.Fresh
	switch {
	case o.resume:
		mode = journal.Resume
	case o.force:
		mode = journal.Restart
	}
	a.journal, err = journal.Open(o.out+formats.PartialSuffix, run, mode)
	switch {
	case errors.Is(err, fs.ErrExist):
		err = fmt.Errorf("%w: add --resume to go on or --force to start again", err)
	case errors.Is(err, journal.ErrOther):
		err = fmt.Errorf("%w: --force starts again", err)
	}
	return a, err
}

// earlier reports whether answer i is there already.
func (a *answers) earlier(i int) (bool, error) {
	if a.journal == nil {
		return false, nil
	}
	var old struct {
		Index int
		Error string
	}
	found, err := a.journal.Next(&old, func() error {
		if old.Index != i {
			return fmt.Errorf("is answer %d, not %d", old.Index, i)
		}
		return nil
	})
	switch {
	case err != nil: // nobody touches what nobody can read
		a.journal.Close()
		a.journal = nil
	case found:
		a.tally(old.Index, old.Error)
	}
	return found, err
}

func (a *answers) add(one *answer) error {
	a.tally(one.Index, one.Error)
	if a.journal != nil {
		return a.journal.Append(one)
	}
	line, err := cli.JSONLine(one)
	if err != nil {
		return err
	}
	if _, err := a.stream.Write(line); err != nil {
		return err
	}
	return a.stream.Flush()
}

func (a *answers) tally(index int, failure string) {
	if failure == "" {
		return
	}
	if a.failed++; a.failed == 1 {
		a.first = fmt.Errorf("prompt %d: %s", index+1, failure)
	}
}

// result is the error of prompts that could not be answered.
func (a *answers) result(prompts int) error {
	if a.failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %s could not be answered, %s says why; the first: %w",
		a.failed, count(prompts, "prompt"), a.path, a.first)
}

// stopped says of an error what is left to go on with.
func (a *answers) stopped(err error) error {
	if a.journal.Len() > 0 && !errors.As(err, new(*formats.ParseError)) {
		return fmt.Errorf("%w (answers so far are in %s; --resume goes on)", err, a.path+formats.PartialSuffix)
	}
	return err
}

// commit gives the answers their name.
func (a *answers) commit() error {
	if a.journal == nil {
		return a.stream.Commit()
	}
	out, err := output.Create(a.path, output.Options{Force: a.force, Suffix: output.WholeSuffix})
	if err != nil {
		return err
	}
	defer out.Abort()
	for line, err := range a.journal.All() {
		if err == nil {
			_, err = out.Write(append(bytes.TrimSpace(line), '\n'))
		}
		if err != nil {
			return err
		}
	}
	if err := out.Commit(); err != nil {
		return err
	}
	defer func() { a.journal = nil }()
	return a.journal.Remove()
}

// abort keeps answers to go on with, and nothing else.
func (a *answers) abort() {
	switch {
	case a.stream != nil:
		a.stream.Abort()
	case a.journal == nil:
	case a.journal.Len() == 0:
		a.journal.Remove()
	default:
		a.journal.Close()
	}
}
