package jinja

import (
	"math/big"
	"slices"
	"strings"
)

// args are the arguments of a call. After bind they are v, one for every
// parameter; nil where none was given.
type args struct {
	r     *rendering
	pos   []Value
	names []string
	named []Value

	v []Value
}

func (a *args) set(name string, v Value) {
	a.names = append(a.names, name)
	a.named = append(a.named, v)
}

// take removes a named argument, nil if it is not there.
func (a *args) take(name string) Value {
	i := slices.Index(a.names, name)
	if i < 0 {
		return nil
	}
	v := a.named[i]
	a.names = slices.Delete(slices.Clone(a.names), i, i+1)
	a.named = slices.Delete(slices.Clone(a.named), i, i+1)
	return v
}

// arguments evaluates those of a call.
func (r *rendering) arguments(list *arguments, a *activation) *args {
	out := &args{r: r}
	r.pay(costItem * (len(list.values) + 2*len(list.keywords)))
	for _, e := range list.values {
		out.pos = append(out.pos, r.eval(e, a))
	}
	for _, k := range list.keywords {
		out.set(k.name, r.eval(k.value, a))
	}
	if list.star != nil {
		items := r.items(r.eval(list.star, a))
		r.pay(8 * costItem * len(items)) // copied once more by every step of a call
		out.pos = append(out.pos, items...)
	}
	if list.stars != nil {
		d, ok := r.eval(list.stars, a).(*Dict)
		if !ok {
			r.fail("the argument after ** is no mapping")
		}
		r.pay(costEntry * len(d.keys))
		for i, k := range d.keys {
			name, ok := k.(str)
			if len(out.names) == maxNames {
				r.fail("more than %d named arguments", maxNames)
			}
			if !ok || slices.Contains(out.names, name.s) {
				r.fail("the argument %s after ** is no name or given twice", r.describe(k))
			}
			out.set(name.s, d.values[i])
		}
	}
	return out
}

// function is something built in: its parameters and what it does.
type function struct {
	params   []string // "/" before a name: by position alone; a last "*": any more
	required int
	fn       func(*args) Value
}

// fn describes a function whose parameters are the words of a text.
func fn(params string, required int, f func(*args) Value) *function {
	return &function{strings.Fields(params), required, f}
}

func native(name, params string, required int, f func(*args) Value) Value {
	return &callable{name: name, function: fn(params, required, f)}
}

// bind gives every parameter its argument.
func (f *function) bind(name string, a *args) {
	params := f.params
	rest := len(params) > 0 && params[len(params)-1] == "*"
	if rest {
		params = params[:len(params)-1]
	}
	if len(a.pos) > len(params) && !rest {
		a.r.fail("%s takes at most %d arguments, not %d", name, len(params), len(a.pos))
	}
	a.r.pay(costItem * len(params))
	a.v = make([]Value, len(params))
	n := copy(a.v, a.pos)
	a.pos = a.pos[n:]
	if !rest {
		for i, p := range a.names {
			at := slices.Index(params, p)
			if at < 0 {
				a.r.fail("%s takes no argument %q", name, p)
			}
			if a.v[at] != nil {
				a.r.fail("%s takes one argument %q, not two", name, p)
			}
			a.v[at] = a.named[i]
		}
	}
	for i := range f.required {
		if a.v[i] == nil {
			a.r.fail("%s wants the argument %q", name, strings.TrimPrefix(params[i], "/"))
		}
	}
}

// apply calls a filter, a test or a method with its operand as first argument.
func (f *function) apply(name string, x Value, a *args) Value {
	a.pos = append([]Value{x}, a.pos...)
	f.bind(name, a)
	return f.fn(a)
}

// Arguments of a bound call, with what holds where none was given.

func (a *args) given(i int) bool { return a.v[i] != nil }

func (a *args) value(i int, otherwise Value) Value {
	if a.v[i] == nil {
		return otherwise
	}
	return a.v[i]
}

// str is an argument that must be a text.
func (a *args) str(i int) str {
	s, ok := a.v[i].(str)
	if !ok {
		a.r.fail("expected a string, not %s", a.r.describe(a.v[i]))
	}
	return s
}

// soft is an argument made a text, as the filters do.
func (a *args) soft(i int) str { return a.r.text(a.v[i]) }

func (a *args) int(i, otherwise int) int {
	if a.v[i] == nil {
		return otherwise
	}
	if b, ok := a.v[i].(*big.Int); ok { // larger than anything here
		return b.Sign() << 62
	}
	n, ok := small(a.v[i])
	if !ok {
		a.r.fail("expected an integer, not %s", a.r.describe(a.v[i]))
	}
	return n
}

func (a *args) bool(i int) bool { return truth(a.v[i]) }

// flag is an argument that Python takes as a number, false if none was given.
func (a *args) flag(i int) bool { return a.given(i) && a.int(i, 0) != 0 }

// isNone reports whether an argument is missing or none.
func (a *args) isNone(i int) bool { return a.v[i] == nil || a.v[i] == None }

// macroValue is a macro with the scope that it was defined in.
type macroValue struct {
	*macro
	outer *activation
}

func (r *rendering) call(f Value, a *args) Value {
	switch f := f.(type) {
	case *callable:
		f.bind(f.name, a)
		return f.function.fn(a)
	case *macroValue:
		return r.invoke(f, a)
	case *loop:
		if f.again == nil {
			r.fail("only the loop variable of a recursive loop can be called")
		}
		if len(a.pos) != 1 || a.names != nil {
			r.fail("loop takes one argument")
		}
		return f.again(a.pos[0], f.depth0+1)
	case *undefined:
		r.fail("%s", f.why)
	}
	r.fail("%s cannot be called", r.describe(f))
	return nil
}

// invoke runs a macro.
func (r *rendering) invoke(f *macroValue, a *args) Value {
	r.enterCall()
	defer r.leaveCall()
	r.pay(costItem*f.cells + len(f.params)*(1+len(a.names)))
	in := &activation{cells: make([]Value, f.cells), outer: f.outer}
	given := make([]Value, len(f.params))
	n := copy(given, a.pos)
	for i := n; i < len(f.params); i++ {
		given[i] = a.take(f.params[i].name)
	}
	if f.caller != nil {
		c := a.take("caller")
		if c == nil || c == None {
			c = &undefined{"no caller defined"}
		}
		*in.at(*f.caller) = c
	}
	switch {
	case f.kwargs != nil:
		d := &Dict{}
		r.pay(costEntry * len(a.names))
		for i, name := range a.names {
			d.Set(name, a.named[i])
		}
		*in.at(*f.kwargs) = d
	case len(a.names) > 0:
		r.fail("macro %q takes no argument %q", f.name, a.names[0])
	}
	switch {
	case f.varargs != nil:
		*in.at(*f.varargs) = &list{items: a.pos[n:], tuple: true}
	case len(a.pos) > n:
		r.fail("macro %q takes at most %d arguments", f.name, len(f.params))
	}
	r.enter(f.frame, in)
	for i, p := range f.params {
		*in.at(p.at) = given[i]
	}
	for i, p := range f.params {
		if given[i] != nil {
			continue
		}
		v := Value(&undefined{"parameter " + quote(p.name) + " was not provided"})
		if d := i - (len(f.params) - len(f.defaults)); d >= 0 {
			v = r.eval(f.defaults[d], in)
		}
		*in.at(p.at) = v
	}
	return r.captured(func() { r.all(f.body, in) })
}
