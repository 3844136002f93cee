package jinja

import "fmt"

// The bounds of a rendering. Work is counted in units of about a byte copied or
// allocated, so that what a template may cost is what it may hold: everything
// pays before it is done. No bound is a clock: a conversation renders or fails
// the same everywhere.
const (
	MaxTemplate = 1 << 20  // bytes of a template
	MaxText     = 16 << 20 // bytes of a rendering, and of any text on the way
	maxWork     = 100 << 20
	workPerByte = 16 // more for every byte of the variables

	maxDepth  = 10_000 // expressions and statements inside one another, as they run
	maxCalls  = 200    // macros and recursive loops inside one another
	maxValue  = 500    // lists inside one another, where something walks them
	maxRange  = 100_000
	maxBits   = 1 << 16 // of an integer
	maxDigits = 4300    // of an integer as text, as in Python
)

// Costs of what has no length of its own.
const (
	costStep  = 24
	costItem  = 16 // a value in a list
	costEntry = 96 // of a dictionary
	costBox   = 48 // a string in a value
)

// Error says why a template cannot be parsed or rendered.
type Error struct {
	Line int    // 0 where none is known
	Msg  string // what is wrong

	// Raised says that the template itself refused, by raise_exception.
	Raised bool
}

// Error is "line N: what is wrong".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Msg
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
}

// fail ends parsing or rendering: a panic that Parse and Render recover, so that
// a tree walked by recursion needs no error of its own at each step.
func fail(line int, format string, args ...any) {
	panic(&Error{Line: line, Msg: fmt.Sprintf(format, args...)})
}

// recovered turns the panic of fail into an error. Any other is a defect of the
// package; a stranger's template must not end the process by it.
func recovered(err *error) {
	switch p := recover().(type) {
	case nil:
	case *Error:
		*err = p
	default:
		*err = &Error{Msg: fmt.Sprintf("the template engine failed: %v", p)}
	}
}

// pay charges n units of work that is about to be done.
func (r *rendering) pay(n int) {
	if n < 0 || n > r.left {
		r.fail("the template does too much work for this conversation")
	}
	r.left -= n
}

// payTimes charges n times each, which may not fit in an int.
func (r *rendering) payTimes(n, each int) {
	if n > 0 && each > 0 && n > r.left/each {
		r.pay(r.left + 1)
	}
	r.pay(max(n, 0) * each)
}

func (r *rendering) fail(format string, args ...any) { fail(r.line, format, args...) }

// deeper guards a recursion over values.
func (r *rendering) deeper(depth int) int {
	r.pay(costStep)
	if depth >= maxValue {
		r.fail("values nested more than %d deep", maxValue)
	}
	return depth + 1
}
