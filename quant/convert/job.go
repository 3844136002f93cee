package convert

import (
	"context"
	"errors"
	"fmt"
	"io"

	"llada/formats"
	"llada/formats/mmap"
	"llada/quant"
)

// Report is what became of one tensor.
type Report struct {
	formats.Info
	Errors quant.Errors
}

// Job is a conversion under way: a Method does its steps.
type Job struct {
	Inventory *Inventory
	Plan      *Plan

	out     tensors
	run     Run
	codecs  quant.Codecs
	reports []Report
	done    map[string]bool // by name of a container's tensor
}

// tensors takes a container's tensors one after another.
type tensors interface {
	Tensor(formats.Info) (io.WriteCloser, error)
}

// Do does one step of the plan, once: it encodes the step's outputs into the
// container and returns what the encodings did to them. The checkpoint's pages
// are given back. After an error the conversion is over.
func (j *Job) Do(ctx context.Context, s Step) ([]Report, error) {
	var reports []Report
	for n, o := range s.Out {
		if j.done[o.Name] {
			return nil, fmt.Errorf("tensor %s is made twice", o.Name)
		}
		e, err := j.encode(ctx, s, n)
		if err != nil {
			return nil, err
		}
		j.done[o.Name] = true
		reports = append(reports, Report{o.Info, e})
	}
	for _, i := range s.In {
		j.Inventory.Source.Release(i.Name)
	}
	j.reports = append(j.reports, reports...)
	return reports, nil
}

func (j *Job) encode(ctx context.Context, s Step, n int) (quant.Errors, error) {
	o, src := s.Out[n], j.Inventory.Source
	rows, err := s.Rows(src, n)
	if err != nil {
		return quant.Errors{}, err
	}
	c, err := j.codecs.For(o.Info)
	if err != nil {
		return quant.Errors{}, err
	}
	w, err := j.out.Tensor(o.Info)
	if err != nil {
		return quant.Errors{}, err
	}
	e, err := quant.Encode(ctx, w, c, rows, quant.Run{
		Threads: j.run.Threads, Memory: j.run.Memory, Guard: mmap.Guard,
		On: func(bytes int64) {
			if j.run.On != nil {
				j.run.On(o, bytes)
			}
		},
	})
	if err != nil {
		return quant.Errors{}, s.locate(src, n, err)
	}
	return e, w.Close()
}

// locate names the file and the tensor that err comes from.
func (s Step) locate(src Checkpoint, n int, err error) error {
	var bad *quant.NotFinite
	if !errors.As(err, &bad) {
		return src.Locate(err)
	}
	in, _ := s.input(s.Out[n]) // whose rows have been read
	return &formats.ParseError{File: src.File(in.Name), Offset: -1,
		Err: fmt.Errorf("tensor %s holds %w: the checkpoint is broken, download it again", in.Name, bad)}
}

// finish makes sure that nothing was left out.
func (j *Job) finish() error {
	for _, o := range j.Plan.Outputs() {
		if !j.done[o.Name] {
			return fmt.Errorf("tensor %s was not made", o.Name)
		}
	}
	return nil
}
