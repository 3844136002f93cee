package jinja

import (
	"math/big"
	"strings"
	"unicode/utf8"
)

// attr is x.name: an attribute of the value, else its entry.
func (r *rendering) attr(x Value, name string) Value {
	if u, ok := x.(*undefined); ok && !internal(name) {
		r.fail("%s", u.why)
	}
	if v := r.attribute(x, name); v != nil {
		return v
	}
	if d, ok := x.(*Dict); ok {
		r.pay(len(name) / 8)
		if v := d.text(name); v != nil {
			return v
		}
	}
	return r.missing(x, name)
}

// item is x[key]: its entry, else an attribute of the value.
func (r *rendering) item(x, key Value) Value {
	switch x := x.(type) {
	case *undefined:
		r.fail("%s", x.why)
	case *Dict:
		if hashable(key) {
			if i := x.find(r.hash(key)); i >= 0 {
				return x.values[i]
			}
		}
	case str, *list, numbers:
		if i, ok := small(key); ok {
			if v := r.at(x, i); v != nil {
				return v
			}
		}
	}
	if name, ok := key.(str); ok {
		if v := r.attribute(x, name.s); v != nil {
			return v
		}
		return r.missing(x, name.s)
	}
	r.pay(costBox)
	return &undefined{typeName(x) + " has no element " + r.describe(key)}
}

func (r *rendering) missing(x Value, name string) Value {
	r.pay(costBox + len(name))
	return &undefined{typeName(x) + " has no attribute " + quote(name)}
}

// hashable reports whether Python could look for a key at all.
func hashable(key Value) bool {
	switch k := key.(type) {
	case *Dict, view:
		return false
	case *list:
		return k.tuple
	}
	return true
}

// at is element i of a sequence, from its end if negative; nil outside.
func (r *rendering) at(x Value, i int) Value {
	n, _ := r.sized(x)
	if i < 0 {
		i += n
	}
	if i < 0 || i >= n {
		return nil
	}
	switch x := x.(type) {
	case str:
		r.pay(costBox)
		lo := i
		if n < len(x.s) {
			r.pay(i)
			lo = offset(x.s, i)
		}
		_, size := utf8.DecodeRuneInString(x.s[lo:])
		return x.sub(lo, lo+size)
	case *list:
		return x.items[i]
	case numbers:
		return x.at(i)
	}
	return nil
}

// slice is x[start:stop:step].
func (r *rendering) slice(x Value, bounds [3]Value) Value {
	switch x := x.(type) {
	case str, *list, numbers:
	case *undefined:
		r.fail("%s", x.why)
	default:
		r.fail("cannot take a slice of %s", r.describe(x))
	}
	n, _ := r.sized(x)
	var b [3]int
	for i, v := range bounds {
		switch v := v.(type) {
		case none:
		case *big.Int:
			b[i] = v.Sign() * (1 << 62)
		default:
			k, ok := small(v)
			if !ok {
				r.fail("a slice wants integers, not %s", r.describe(v))
			}
			b[i] = max(k, -1<<62)
		}
	}
	step := b[2]
	if bounds[2] == None {
		step = 1
	}
	if step == 0 {
		r.fail("a slice cannot have the step 0")
	}
	low, high := 0, n
	if step < 0 {
		low, high = -1, n-1
	}
	clip := func(i int, given Value, otherwise int) int {
		switch {
		case given == None:
			return otherwise
		case i < 0:
			return max(i+n, low)
		}
		return min(i, high)
	}
	start, stop := clip(b[0], bounds[0], low), clip(b[1], bounds[1], high)
	if step < 0 {
		start, stop = clip(b[0], bounds[0], high), clip(b[1], bounds[1], low)
	}
	count := span(start, stop, step)
	if x, ok := x.(numbers); ok {
		return numbers{x.at(start), x.start + stop*x.step, x.step * step, count}
	}
	if s, ok := x.(str); ok && step == 1 {
		if count == 0 {
			return str{markup: s.markup}
		}
		lo, hi := start, stop
		if n < len(s.s) {
			r.pay(len(s.s))
			lo = offset(s.s, start)
			hi = lo + offset(s.s[lo:], count)
		}
		r.pay(costBox + len(s.in))
		return s.sub(lo, hi)
	}
	if s, ok := x.(str); ok {
		chars := r.chars(s)
		b := r.build()
		for i := range count {
			b.add(chars[start+i*step].(str))
		}
		out := b.str()
		out.markup = s.markup
		return out
	}
	l := x.(*list)
	r.pay(costItem * count)
	out := &list{items: make([]Value, count), tuple: l.tuple}
	for i := range out.items {
		out.items[i] = l.items[start+i*step]
	}
	return out
}

// span is how many numbers a range has.
func span(start, stop, step int) int {
	switch {
	case step > 0 && start < stop:
		return int((uint(stop)-uint(start)-1)/uint(step)) + 1
	case step < 0 && start > stop:
		return int((uint(start)-uint(stop)-1)/-uint(step)) + 1
	}
	return 0
}

// mutators are the methods of lists and mappings that the immutable sandbox
// keeps from templates.
var mutators = map[string]string{
	"list": " append clear extend insert pop remove reverse sort ",
	"dict": " clear pop popitem setdefault update ",
}

// unsupported are attributes that Python has and this package has not: an error
// where one is used, not an undefined that says nothing.
var unsupported = map[string]string{
	"str":       " encode maketrans ",
	"int":       " as_integer_ratio bit_count conjugate from_bytes to_bytes ",
	"bool":      " as_integer_ratio bit_count conjugate from_bytes to_bytes ",
	"float":     " as_integer_ratio conjugate fromhex hex ",
	"generator": " close gi_running gi_suspended gi_yieldfrom send throw ",
	"Macro":     " explicit_caller ",
}

// internal reports whether a name is one of Python's own, as __class__ is.
func internal(name string) bool {
	return len(name) > 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// attribute is what Python's getattr finds, nil for nothing.
func (r *rendering) attribute(x Value, name string) Value {
	kind := typeName(x)
	if m := mutators[kind]; m != "" && strings.Contains(m, " "+name+" ") || internal(name) {
		if _, ok := x.(*namespace); !ok {
			return &undefined{"access to attribute " + quote(name) + " of " + kind + " is unsafe"}
		}
	}
	if m := methods[kind][name]; m != nil {
		r.pay(costBox)
		return &callable{name: name, function: &function{m.params, m.required, func(a *args) Value {
			a.v = append([]Value{x}, a.v...)
			return m.fn(a)
		}}}
	}
	if strings.Contains(unsupported[kind], " "+name+" ") {
		r.fail("%s of %s is not supported", quote(name), kind)
	}
	switch x := x.(type) {
	case *callable:
		if x.name == "dict" {
			return r.attribute(&Dict{}, name) // what needs no mapping of its own
		}
	case bool, int, *big.Int, float64:
		switch name {
		case "real", "numerator":
			if _, ok := x.(float64); !ok || name == "real" {
				return r.binary("+", x, 0)
			}
		case "imag":
			return r.binary("*", x, 0)
		case "denominator":
			if _, ok := x.(float64); !ok {
				return 1
			}
		}
	case *namespace:
		return x.attrs.text(name)
	case *loop:
		return x.attr(name)
	case *list:
		if x.group {
			switch name {
			case "grouper":
				return x.items[0]
			case "list":
				return x.items[1]
			}
		}
	case numbers:
		switch name {
		case "start":
			return x.start
		case "stop":
			return x.stop
		case "step":
			return x.step
		}
	case *macroValue:
		return x.attr(name)
	case *object:
		return x.attr(name)
	}
	return nil
}
