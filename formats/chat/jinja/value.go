package jinja

import (
	"math/big"
)

// Value is a value of a template: None, bool, int, *big.Int (what int does not
// hold), float64, str, *undefined, *list, *Dict, numbers (a range), *namespace,
// *generator, *callable and other objects. nil is no value: a name not yet set.
type Value any

type none struct{}

// None is the value of none.
var None Value = none{}

// undefined stands for what is missing. It prints as nothing, is false, has no
// items; anything else fails with why.
type undefined struct{ why string }

// list is a list or a tuple. Lists are never changed once they are visible.
type list struct {
	items []Value
	tuple bool

	// group is set on the tuples of groupby, whose parts have names.
	group bool
}

// List makes a list.
func List(items ...Value) Value { return &list{items: items} }

// namespace is the one thing that a template can change from inside a loop.
type namespace struct{ attrs *Dict }

// numbers is a range.
type numbers struct{ start, stop, step, n int }

func (n numbers) at(i int) int { return n.start + i*n.step }

// view is the keys, values or items of a dictionary.
type view struct {
	d    *Dict
	kind string
}

// generator yields values once, when they are asked for.
type generator struct {
	next  func() (Value, bool)
	depth int // of generators that it draws from, one through another
}

// callable is a function, a method or a class of jinja2's.
type callable struct {
	name string
	*function
}

// Dict is a mapping that keeps the order in which its keys came.
type Dict struct {
	keys   []Value
	values []Value
	hashes []any       // of the keys
	index  map[any]int // of large ones, by hash
}

// linear is the size up to which a dictionary is searched from front to back.
const linear = 8

// NewDict makes a dictionary of pairs of string keys and values.
func NewDict(pairs ...any) *Dict {
	d := &Dict{}
	for i := 0; i < len(pairs); i += 2 {
		d.set(pairs[i], String(pairs[i].(string)), pairs[i+1])
	}
	return d
}

// Set adds a value under a text.
func (d *Dict) Set(key string, value Value) { d.set(key, String(key), value) }

// find is the place of the key with a hash, -1 where there is none.
func (d *Dict) find(hash any) int {
	if d.index != nil {
		if i, ok := d.index[hash]; ok {
			return i
		}
		return -1
	}
	for i, h := range d.hashes {
		if h == hash {
			return i
		}
	}
	return -1
}

func (d *Dict) set(hash any, key, value Value) {
	if i := d.find(hash); i >= 0 {
		d.values[i] = value
		return
	}
	d.keys = append(d.keys, key)
	d.values = append(d.values, value)
	d.hashes = append(d.hashes, hash)
	switch {
	case d.index != nil:
		d.index[hash] = len(d.keys) - 1
	case len(d.keys) > linear:
		d.index = map[any]int{}
		for i, h := range d.hashes {
			d.index[h] = i
		}
	}
}

// text finds the value of a string key, nil where there is none.
func (d *Dict) text(key string) Value {
	if i := d.find(key); i >= 0 {
		return d.values[i]
	}
	return nil
}

type (
	emptyTuple struct{}
	pair       struct{ head, tail any }
	bigKey     string
)

// hash is a Go value that is equal for equal keys. It fails for values that
// Python cannot hash.
func (r *rendering) hash(v Value) any { return r.hashDeep(v, 0) }

func (r *rendering) hashDeep(v Value, depth int) any {
	switch v := v.(type) {
	case str:
		r.pay(len(v.s) / 8)
		return v.s
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		if i := int(v); float64(i) == v && v < 1<<62 && v > -1<<62 {
			return i
		}
		return v
	case *big.Int:
		return bigKey(r.formatInt(v))
	case *undefined:
		return (*undefined)(nil)
	case *list:
		if !v.tuple {
			r.fail("a list cannot be a key or a member of a set")
		}
		depth = r.deeper(depth)
		h := any(emptyTuple{})
		for _, item := range v.items {
			r.pay(4 * costEntry)
			h = pair{h, r.hashDeep(item, depth)}
		}
		return h
	case *Dict, view:
		r.fail("a mapping cannot be a key or a member of a set")
	}
	return v
}

func truth(v Value) bool {
	switch v := v.(type) {
	case nil, none, *undefined:
		return false
	case bool:
		return v
	case int:
		return v != 0
	case float64:
		return v != 0
	case str:
		return v.s != ""
	case *list:
		return len(v.items) > 0
	case *Dict:
		return len(v.keys) > 0
	case view:
		return len(v.d.keys) > 0
	case numbers:
		return v.n > 0
	case *loop:
		return v.length() > 0
	}
	return true
}

// typeName is Python's name of the type of v, for errors.
func typeName(v Value) string {
	switch v := v.(type) {
	case none:
		return "NoneType"
	case *undefined:
		return "Undefined"
	case bool:
		return "bool"
	case int, *big.Int:
		return "int"
	case float64:
		return "float"
	case str:
		return "str"
	case *list:
		if v.tuple {
			return "tuple"
		}
		return "list"
	case *Dict:
		return "dict"
	case view:
		return "dict_" + v.kind
	case numbers:
		return "range"
	case *namespace:
		return "Namespace"
	case *generator:
		return "generator"
	case *macroValue:
		return "Macro"
	case *loop:
		return "LoopContext"
	case *callable:
		return "function"
	}
	return "object"
}
