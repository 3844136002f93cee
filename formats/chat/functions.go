package chat

import (
	"fmt"
	"strings"
	"time"

	"github.com/mitsuhiko/minijinja/minijinja-go/v2"
	"github.com/mitsuhiko/minijinja/minijinja-go/v2/value"
)

// namespace is Jinja's: the one thing a template can change from inside a loop.
// It is the package's own so that the meter can look into it.
type namespace struct{ fields map[string]value.Value }

func (n *namespace) GetAttr(name string) value.Value {
	if v, ok := n.fields[name]; ok {
		return v
	}
	return value.Undefined()
}

func (n *namespace) SetAttr(name string, v value.Value) { n.fields[name] = v }

// String keeps the engine from printing the fields by reflection.
func (n *namespace) String() string { return "<Namespace>" }

func addFunctions(env *minijinja.Environment, m *meter, now func() time.Time) {
	env.AddFunction("namespace", func(_ *minijinja.State, args []value.Value, kwargs map[string]value.Value) (value.Value, error) {
		n := &namespace{map[string]value.Value{}}
		for _, a := range args {
			fields, _ := a.AsMap()
			for k, v := range fields {
				n.fields[k] = v
			}
		}
		for k, v := range kwargs {
			n.fields[k] = v
		}
		return value.FromObject(n), nil
	})
	env.AddFunction("range", func(_ *minijinja.State, args []value.Value, _ map[string]value.Value) (value.Value, error) {
		return m.numbers(args)
	})
	env.AddFunction("raise_exception", func(_ *minijinja.State, args []value.Value, _ map[string]value.Value) (value.Value, error) {
		if len(args) == 0 {
			return value.Undefined(), invalid("the template refuses these messages")
		}
		return value.Undefined(), invalid("the template refuses these messages: " + args[0].String())
	})
	env.AddFunction("strftime_now", func(_ *minijinja.State, args []value.Value, _ map[string]value.Value) (value.Value, error) {
		if len(args) == 1 {
			if layout, ok := args[0].AsString(); ok {
				s, err := strftime(layout, now())
				return value.FromString(s), err
			}
		}
		return value.Undefined(), invalid("strftime_now wants a format")
	})
	for _, name := range []string{"cycler", "joiner", "debug", "lipsum"} {
		env.AddFunction(name, func(*minijinja.State, []value.Value, map[string]value.Value) (value.Value, error) {
			return value.Undefined(), invalid("function " + name + " is not supported in chat templates")
		})
	}
}

// numbers is range. It charges before it allocates.
func (m *meter) numbers(args []value.Value) (value.Value, error) {
	var n [3]int64
	for i, a := range args {
		v, ok := a.AsInt()
		if !ok || i >= 3 || v < -1<<40 || v > 1<<40 {
			return value.Undefined(), invalid("range wants one to three moderate integers")
		}
		n[i] = v
	}
	start, stop, step := n[0], n[1], n[2]
	switch len(args) {
	case 0:
		return value.Undefined(), invalid("range wants one to three moderate integers")
	case 1:
		start, stop, step = 0, n[0], 1
	case 2:
		step = 1
	}
	if step == 0 {
		return value.Undefined(), invalid("range with step 0")
	}
	count := (stop - start + step - step/max(step, -step)) / step
	if count <= 0 {
		return value.FromSlice(nil), nil
	}
	if count > maxSteps {
		return value.Undefined(), invalid(fmt.Sprintf("range of %d numbers", count))
	}
	if err := m.spend(int(count) * nodeCost); err != nil {
		return value.Undefined(), err
	}
	list := make([]value.Value, count)
	for i := range list {
		list[i] = value.FromInt(start + int64(i)*step)
	}
	return value.FromSlice(list), nil
}

// directives are those of strftime that templates use, as Go's layouts.
var directives = map[byte]string{
	'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'B': "January", 'b': "Jan",
	'A': "Monday", 'a': "Mon", 'y': "06", 'I': "03", 'p': "PM", 'j': "002", 'F': "2006-01-02",
	'T': "15:04:05", 'D': "01/02/06", 'R': "15:04", 'e': "_2", 'Z': "MST", 'z': "-0700",
}

func strftime(layout string, t time.Time) (string, error) {
	var b strings.Builder
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' || i+1 == len(layout) {
			b.WriteByte(layout[i])
			continue
		}
		i++
		trim := layout[i] == '-' && i+1 < len(layout) // %-d: without leading zeros
		if trim {
			i++
		}
		if layout[i] == '%' {
			b.WriteByte('%')
			continue
		}
		d, ok := directives[layout[i]]
		if !ok {
			return "", invalid(fmt.Sprintf("strftime_now does not know %%%c", layout[i]))
		}
		s := t.Format(d)
		if trim && len(s) > 1 {
			s = strings.TrimLeft(s[:len(s)-1], "0 ") + s[len(s)-1:]
		}
		b.WriteString(s)
	}
	return b.String(), nil
}
