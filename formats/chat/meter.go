package chat

import (
	"github.com/mitsuhiko/minijinja/minijinja-go/v2"
	"github.com/mitsuhiko/minijinja/minijinja-go/v2/value"
)

const (
	nodeCost = 32 // bytes charged for a value beside the bytes of its text
	runeCost = 64 // bytes charged for a character of a string made into a list
	maxDepth = 32 // lists in lists; also what a cycle runs into
)

// meter is what a rendering may still touch, in bytes. Whatever grows in a
// template grows through operands, and every operand is charged.
type meter struct{ left int64 }

func (m *meter) spend(n int) error {
	if m.left -= int64(n); m.left < 0 {
		return minijinja.NewError(minijinja.ErrOutOfFuel, "the template handles too much text")
	}
	return nil
}

// deep charges a value with all it contains. Values are data: functions, macros
// and the loop object are refused, since printing or comparing them has no bound.
func (m *meter) deep(v value.Value, depth int) error {
	if depth > maxDepth {
		return invalid("lists nested too deeply")
	}
	if err := m.spend(nodeCost); err != nil {
		return err
	}
	switch d := v.Raw().(type) {
	case []value.Value:
		return m.each(d, depth)
	case *value.Iterator:
		return m.each(d.Items(), depth)
	case map[string]value.Value:
		return m.fields(d, depth)
	case *namespace:
		return m.fields(d.fields, depth)
	}
	if s, ok := v.AsString(); ok {
		return m.spend(len(s))
	}
	switch v.Kind() {
	case value.KindUndefined, value.KindNone, value.KindBool, value.KindNumber:
		return nil
	}
	return invalid("a function or loop is not a value here")
}

func (m *meter) each(list []value.Value, depth int) error {
	for _, v := range list {
		if err := m.deep(v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (m *meter) fields(fields map[string]value.Value, depth int) error {
	for k, v := range fields {
		if err := m.spend(len(k)); err != nil {
			return err
		}
		if err := m.deep(v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// shallow charges what looking into a value costs, not what looking at all of
// it would: indexing the messages must not cost their text.
func (m *meter) shallow(v value.Value) error {
	if s, ok := v.AsString(); ok {
		return m.spend(nodeCost + 8*len(s)) // the engine copies to 32-bit characters
	}
	return m.spend(nodeCost + nodeCost*width(v))
}

// listed charges a value that is about to be made into a list.
func (m *meter) listed(v value.Value) error {
	if s, ok := v.AsString(); ok {
		return m.spend(runeCost * len(s))
	}
	return m.deep(v, 0)
}

// width is the number of elements of a list or mapping, at least the number of
// characters of a string, else 0.
func width(v value.Value) int {
	if s, ok := v.AsString(); ok {
		return len(s)
	}
	switch d := v.Raw().(type) {
	case []value.Value:
		return len(d)
	case *value.Iterator:
		return len(d.Items())
	case map[string]value.Value:
		return len(d)
	}
	return 0
}

// scalar charges an operand of * or **, which must be a number: repeating a
// string or a list would allocate before anything could count it.
func (m *meter) scalar(v value.Value) error {
	switch v.Kind() {
	case value.KindNumber, value.KindBool:
		return m.spend(nodeCost)
	}
	return invalid("only numbers can be multiplied")
}

func invalid(text string) error {
	return minijinja.NewError(minijinja.ErrInvalidOperation, text)
}
