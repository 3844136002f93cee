package jinja

import (
	"slices"
	"strconv"
)

// The filters over sequences.

// getter reads an attribute path such as "address.city" or "0.name".
func (r *rendering) getter(attribute, otherwise Value, fold bool) func(Value) Value {
	var path []Value
	switch at := attribute.(type) {
	case nil, none:
	case str:
		for _, part := range r.split(at, ".", -1) {
			if n, err := strconv.Atoi(part.s); err == nil && part.s[0] != '-' && part.s[0] != '+' {
				path = append(path, n)
			} else {
				path = append(path, part)
			}
		}
	default:
		path = []Value{at}
	}
	return func(v Value) Value {
		for _, part := range path {
			r.pay(costStep)
			v = r.item(v, part)
			if isUndefined(v) && otherwise != nil && otherwise != None {
				v = otherwise
			}
		}
		if s, ok := v.(str); ok && fold {
			return r.lower(s)
		}
		return v
	}
}

func (r *rendering) listOf(v Value) Value {
	items := r.items(v)
	r.pay(costItem * len(items))
	return &list{items: slices.Clone(items)}
}

// sort orders by keys, which it computes once.
func (r *rendering) sort(items []Value, key func(Value) Value, less func(x, y Value) bool, reverse bool) []Value {
	type keyed struct{ key, item Value }
	r.pay(4 * costItem * len(items))
	all := make([]keyed, len(items))
	for i, v := range items {
		all[i] = keyed{key(v), v}
	}
	slices.SortStableFunc(all, func(x, y keyed) int {
		if reverse {
			x, y = y, x
		}
		return sign(less(x.key, y.key), less(y.key, x.key))
	})
	out := make([]Value, len(all))
	for i, k := range all {
		out[i] = k.item
	}
	return out
}

func (r *rendering) lessThan(x, y Value) bool { return r.less(x, y, 0) }

func sorted(a *args) Value {
	var getters []func(Value) Value
	if s, ok := a.v[3].(str); ok {
		for _, part := range a.r.split(s, ",", -1) {
			getters = append(getters, a.r.getter(part, nil, !a.bool(2)))
		}
	} else {
		getters = append(getters, a.r.getter(a.v[3], nil, !a.bool(2)))
	}
	key := func(v Value) Value { // a list, so that equal keys need no order
		a.r.pay(costItem * len(getters))
		l := &list{}
		for _, get := range getters {
			l.items = append(l.items, get(v))
		}
		return l
	}
	return &list{items: a.r.sort(a.r.items(a.v[0]), key, a.r.lessThan, a.flag(1))}
}

func dictSort(a *args) Value {
	d, ok := a.v[0].(*Dict)
	if !ok {
		a.r.fail("dictsort wants a mapping, not %s", a.r.describe(a.v[0]))
	}
	at := 0
	switch by := a.value(2, String("key")); {
	case a.r.equal(by, String("value")):
		at = 1
	case !a.r.equal(by, String("key")):
		a.r.fail(`dictsort sorts by "key" or "value"`)
	}
	get := a.r.getter(at, nil, !a.bool(1))
	pairs := a.r.drain(a.r.each(view{d, "items"}))
	return &list{items: a.r.sort(pairs, get, a.r.lessThan, a.flag(3))}
}

func unique(a *args) Value {
	get := a.r.getter(a.v[2], nil, !a.bool(1))
	next := a.r.each(a.v[0])
	seen := map[any]bool{}
	return a.r.lazy(a.v[0], func() (Value, bool) {
		for {
			v, ok := next()
			if !ok {
				return nil, false
			}
			a.r.pay(costEntry)
			if h := a.r.hash(get(v)); !seen[h] {
				seen[h] = true
				return v, true
			}
		}
	})
}

// extreme is min (-1) or max (1): the first of equal ones.
func extreme(a *args, want int) Value {
	get := a.r.getter(a.v[2], nil, !a.bool(1))
	next := a.r.each(a.v[0])
	best, ok := next()
	if !ok {
		return &undefined{"the sequence is empty"}
	}
	key := get(best)
	for {
		v, ok := next()
		if !ok {
			return best
		}
		k := get(v)
		if want < 0 && a.r.lessThan(k, key) || want > 0 && a.r.lessThan(key, k) {
			best, key = v, k
		}
	}
}

func groupBy(a *args) Value {
	fold := !a.bool(3)
	get := a.r.getter(a.v[1], a.v[2], fold)
	named := a.r.getter(a.v[1], a.v[2], false)
	out := &list{}
	var last *list
	var key Value
	for _, v := range a.r.sort(a.r.items(a.v[0]), get, a.r.lessThan, false) {
		if k := get(v); last == nil || !a.r.equal(k, key) {
			a.r.pay(4*costItem + costBox)
			last, key = &list{}, k
			out.items = append(out.items, &list{items: []Value{named(v), last}, tuple: true, group: true})
		}
		last.items = append(last.items, v)
	}
	return out
}

func join(a *args) Value {
	sep := str{}
	if a.given(1) {
		sep = a.soft(1)
	}
	get := a.r.getter(a.v[2], nil, false)
	b := a.r.build()
	next := a.r.each(a.v[0])
	for i := 0; ; i++ {
		v, ok := next()
		if !ok {
			return b.str()
		}
		if i > 0 {
			b.add(sep)
		}
		b.add(a.r.text(get(v)))
	}
}

func first(a *args) Value {
	if v, ok := a.r.each(a.v[0])(); ok {
		return v
	}
	return &undefined{"there is no first item, the sequence is empty"}
}

// backwards are the items of a value from its end, false if Python cannot.
func (r *rendering) backwards(v Value) (func() (Value, bool), bool) {
	switch v.(type) {
	case *generator, *loop:
		return nil, false
	}
	if !iterable(v) {
		return nil, false
	}
	items := r.items(v)
	return r.indexed(len(items), func(i int) Value { return items[len(items)-1-i] }), true
}

func last(a *args) Value {
	if l, ok := a.v[0].(*list); ok && len(l.items) > 0 {
		return l.items[len(l.items)-1]
	}
	next, ok := a.r.backwards(a.v[0])
	if !ok {
		a.r.fail("%s has no last item: add the filter list", a.r.describe(a.v[0]))
	}
	if v, ok := next(); ok {
		return v
	}
	return &undefined{"there is no last item, the sequence is empty"}
}

func reverse(a *args) Value {
	if s, ok := a.v[0].(str); ok {
		return a.r.slice(s, [3]Value{None, None, -1})
	}
	if next, ok := a.r.backwards(a.v[0]); ok {
		return a.r.lazy(a.v[0], next)
	}
	items := slices.Clone(a.r.items(a.v[0]))
	slices.Reverse(items)
	return &list{items: items}
}

func items(a *args) Value {
	switch v := a.v[0].(type) {
	case *undefined:
		return a.r.lazy(a.v[0], a.r.each(v))
	case *Dict:
		return a.r.lazy(a.v[0], a.r.each(view{v, "items"}))
	}
	a.r.fail("items wants a mapping, not %s", a.r.describe(a.v[0]))
	return nil
}

func batch(a *args) Value {
	next, size := a.r.each(a.v[0]), a.int(1, 0)
	var ahead Value
	return a.r.lazy(a.v[0], func() (Value, bool) {
		l := &list{}
		if ahead != nil {
			l.items = append(l.items, ahead)
			ahead = nil
		}
		for {
			v, ok := next()
			if !ok {
				break
			}
			if len(l.items) == size {
				ahead = v
				return l, true
			}
			a.r.pay(2 * costItem)
			l.items = append(l.items, v)
		}
		if len(l.items) == 0 {
			return nil, false
		}
		if !a.isNone(2) && len(l.items) < size {
			a.r.payTimes(size-len(l.items), 2*costItem)
			for len(l.items) < size {
				l.items = append(l.items, a.v[2])
			}
		}
		return l, true
	})
}

func slicesOf(a *args) Value {
	items, n := a.r.items(a.v[0]), a.int(1, 0)
	if n == 0 {
		a.r.fail("slice wants at least one slice")
	}
	each, extra := len(items)/n, len(items)%n
	lo, i := 0, -1
	return a.r.lazy(a.v[0], func() (Value, bool) {
		if i++; i >= n {
			return nil, false
		}
		hi := lo + each
		if i < extra {
			hi++
		}
		a.r.pay(costBox + costItem*(hi-lo+1))
		l := &list{items: slices.Clone(items[lo:hi])}
		if !a.isNone(2) && i >= extra {
			l.items = append(l.items, a.v[2])
		}
		lo = hi
		return l, true
	})
}

func sum(a *args) Value {
	get := a.r.getter(a.v[1], nil, false)
	total := a.value(2, 0)
	if _, ok := total.(str); ok {
		a.r.fail("sum cannot add strings: use join")
	}
	next := a.r.each(a.v[0])
	for {
		v, ok := next()
		if !ok {
			return total
		}
		total = a.r.binary("+", total, get(v))
	}
}

func attr(a *args) Value {
	name := a.str(1).s
	if u, ok := a.v[0].(*undefined); ok {
		a.r.fail("%s", u.why)
	}
	if v := a.r.attribute(a.v[0], name); v != nil {
		return v
	}
	return a.r.missing(a.v[0], name)
}

// mapped is map: a filter by its name, or an attribute.
func mapped(a *args) Value {
	if !truth(a.v[0]) {
		return a.r.lazy(a.v[0], a.r.each(&list{}))
	}
	var f func(Value) Value
	if slices.Contains(a.names, "attribute") && len(a.pos) == 0 {
		f = a.r.getter(a.take("attribute"), a.take("default"), false)
		if len(a.names) > 0 {
			a.r.fail("map takes no argument %q", a.names[0])
		}
	} else {
		f = a.function(filters, "filter")
	}
	next := a.r.each(a.v[0])
	return a.r.lazy(a.v[0], func() (Value, bool) {
		v, ok := next()
		if !ok {
			return nil, false
		}
		return f(v), true
	})
}

// function is the filter or test that the first argument names, with the others.
func (a *args) function(table map[string]*function, kind string) func(Value) Value {
	if len(a.pos) == 0 {
		a.r.fail("the name of a %s is missing", kind)
	}
	name, _ := a.pos[0].(str)
	f := table[name.s]
	if f == nil {
		a.r.fail("unknown %s %s", kind, a.r.describe(a.pos[0]))
	}
	rest := a.pos[1:]
	return func(v Value) Value {
		a.r.pay(costStep + costItem*len(rest))
		return f.apply(name.s, v, &args{r: a.r, pos: rest, names: a.names, named: a.named})
	}
}

// selected is select, reject, selectattr and rejectattr.
func selected(a *args, attribute, want bool) Value {
	if !truth(a.v[0]) {
		return a.r.lazy(a.v[0], a.r.each(&list{}))
	}
	get := func(v Value) Value { return v }
	if attribute {
		if len(a.pos) == 0 {
			a.r.fail("the name of an attribute is missing")
		}
		get = a.r.getter(a.pos[0], nil, false)
		a.pos = a.pos[1:]
	}
	test := func(v Value) Value { return v }
	if len(a.pos) > 0 {
		test = a.function(tests, "test")
	}
	next := a.r.each(a.v[0])
	return a.r.lazy(a.v[0], func() (Value, bool) {
		for {
			v, ok := next()
			if !ok || truth(test(get(v))) == want {
				return v, ok
			}
		}
	})
}
