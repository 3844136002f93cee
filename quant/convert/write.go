package convert

import (
	"context"

	"llada/formats/container"
)

// Run is how a plan is executed. Only Tool and Method show in what comes out.
type Run struct {
	Threads int
	Memory  int64  // bound on the encoder's buffers, in bytes; 0: none
	Force   bool   // replace an existing output
	Tool    string // who converts, for the recipe
	Method  Method // nil: RTN
	// On hears of progress: bytes of a tensor written since the last call. All
	// of them together are Plan.Bytes.
	On func(o Output, bytes int64)
}

// Result is what a conversion did.
type Result struct {
	Plan    *Plan
	Reports []Report // of the container's tensors, in its order
}

// Options of File.
type Options struct {
	Reading
	Policy Policy
	Run
}

// File converts the checkpoint in folder path into the container out.
func File(ctx context.Context, path, out string, o Options) (*Result, error) {
	v, err := Take(path, o.Reading)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	p, err := NewPlan(v, o.Policy)
	if err != nil {
		return nil, err
	}
	return p.Write(ctx, v, out, o.Run)
}

// Write executes the plan of an inventory into the container out. Only a
// complete container ever bears that name.
func (p *Plan) Write(ctx context.Context, v *Inventory, out string, run Run) (*Result, error) {
	w, err := container.Create(out, container.Options{Force: run.Force, Size: p.Bytes})
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	w.SetModel(v.Model)
	for _, s := range v.Sections {
		if err := w.Section(s.Name, s.Data); err != nil {
			return nil, err
		}
	}
	reports, err := p.execute(ctx, v, w, &run)
	if err != nil {
		return nil, err
	}
	recipe, err := newRecipe(p, run, reports).JSON()
	if err != nil {
		return nil, err
	}
	if err := w.Section(container.SectionRecipe, recipe); err != nil {
		return nil, err
	}
	return &Result{p, reports}, w.Commit()
}

func (p *Plan) execute(ctx context.Context, v *Inventory, w tensors, run *Run) ([]Report, error) {
	if run.Method == nil {
		run.Method = RTN{}
	}
	j := &Job{Inventory: v, Plan: p, out: w, run: *run, done: map[string]bool{}}
	if err := run.Method.Convert(ctx, j); err != nil {
		return nil, err
	}
	return j.reports, j.finish()
}
