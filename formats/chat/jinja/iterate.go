package jinja

import "unicode/utf8"

// sized is Python's len, false where a value has none.
func (r *rendering) sized(v Value) (int, bool) {
	switch v := v.(type) {
	case str:
		return r.length(v.s), true
	case *list:
		return len(v.items), true
	case *Dict:
		return len(v.keys), true
	case view:
		return len(v.d.keys), true
	case numbers:
		return v.n, true
	case *undefined:
		return 0, true
	case *loop:
		return v.length(), true
	}
	return 0, false
}

// iterable reports whether each can run over a value.
func iterable(v Value) bool {
	switch v.(type) {
	case str, *list, *Dict, view, numbers, *undefined, *generator, *loop:
		return true
	}
	return false
}

// indexed yields the n values of at.
func (r *rendering) indexed(n int, at func(int) Value) func() (Value, bool) {
	i := -1
	return func() (Value, bool) {
		if i++; i >= n {
			return nil, false
		}
		r.pay(costItem)
		return at(i), true
	}
}

// each yields the items of a value one by one.
func (r *rendering) each(v Value) func() (Value, bool) {
	switch v := v.(type) {
	case str:
		v.markup = false // Python goes through the text of a Markup
		c := r.cursor(v)
		lo := 0
		return func() (Value, bool) {
			if lo == len(v.s) {
				return nil, false
			}
			r.pay(costItem + costBox)
			_, size := utf8.DecodeRuneInString(v.s[lo:])
			lo += size
			return c.sub(lo-size, lo), true
		}
	case *list:
		return r.indexed(len(v.items), func(i int) Value { return v.items[i] })
	case *Dict:
		return r.indexed(len(v.keys), func(i int) Value { return v.keys[i] })
	case view:
		return r.indexed(len(v.d.keys), func(i int) Value { return v.at(r, i) })
	case numbers:
		return r.indexed(v.n, func(i int) Value { return v.at(i) })
	case *generator:
		return v.next
	case *undefined:
		return func() (Value, bool) { return nil, false }
	case *loop:
		return func() (Value, bool) {
			item, ok := v.advance()
			return &list{items: []Value{item, v}, tuple: true}, ok
		}
	}
	r.fail("%s has no items to go through", r.describe(v))
	return nil
}

func (v view) at(r *rendering, i int) Value {
	switch v.kind {
	case "keys":
		return v.d.keys[i]
	case "values":
		return v.d.values[i]
	}
	r.pay(costBox + 2*costItem)
	return &list{items: []Value{v.d.keys[i], v.d.values[i]}, tuple: true}
}

// drain collects what is left.
func (r *rendering) drain(next func() (Value, bool)) []Value {
	var out []Value
	for {
		v, ok := next()
		if !ok {
			return out
		}
		r.pay(2 * costItem) // a slice that grows is copied
		out = append(out, v)
	}
}

// items are all items of a value. The slice must not be changed.
func (r *rendering) items(v Value) []Value {
	switch v := v.(type) {
	case *list:
		return v.items
	case *Dict:
		return v.keys
	case str:
		v.markup = false
		return r.chars(v)
	}
	return r.drain(r.each(v))
}

// lazy makes a generator of a function that draws from source.
func (r *rendering) lazy(source Value, next func() (Value, bool)) Value {
	depth := 0
	if g, ok := source.(*generator); ok {
		if depth = g.depth + 1; depth > maxValue {
			r.fail("more than %d filters, one through another", maxValue)
		}
	}
	return &generator{next, depth}
}
