package convert

import (
	"context"

	"llada/formats"
	"llada/formats/mmap"
	"llada/quant"
)

// Measure compares what a step made, as a container has it, with the
// checkpoint. The checkpoint's pages are given back. A fault of made's mapping is
// a *mmap.Fault that made can locate.
func (s Step) Measure(ctx context.Context, src Checkpoint, made formats.Source, threads int) ([]Report, error) {
	var reports []Report
	for n, o := range s.Out {
		e, err := s.measure(ctx, src, made, n, threads)
		if err != nil {
			return nil, err
		}
		reports = append(reports, Report{o.Info, e})
	}
	for _, i := range s.In {
		src.Release(i.Name)
	}
	return reports, nil
}

func (s Step) measure(ctx context.Context, src Checkpoint, made formats.Source, n, threads int) (quant.Errors, error) {
	rows, err := s.Rows(src, n)
	if err != nil {
		return quant.Errors{}, err
	}
	got, err := made.Tensor(s.Out[n].Name)
	if err != nil {
		return quant.Errors{}, err
	}
	c, err := quant.For(got.Info)
	if err != nil {
		return quant.Errors{}, err
	}
	e, err := quant.Measure(ctx, got.Data, c, rows, quant.Run{Threads: threads, Guard: mmap.Guard})
	return e, src.Locate(err)
}
