package convert

import "context"

// Method owns the order of a conversion: what it looks at before it does a
// step, and which comes next.
type Method interface {
	Name() string // for the recipe
	Convert(ctx context.Context, j *Job) error
}

// RTN rounds every weight to what is nearest, each tensor by itself.
type RTN struct{}

// Name is "rtn".
func (RTN) Name() string { return "rtn" }

// Convert does the steps in the plan's order.
func (RTN) Convert(ctx context.Context, j *Job) error {
	for _, s := range j.Plan.Steps {
		if _, err := j.Do(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
