package jinja

// eval is the value of an expression.
func (r *rendering) eval(e expr, a *activation) Value {
	if r.depth++; r.depth > maxDepth {
		r.fail("expressions nested too deeply")
	}
	v := r.evalNode(e, a)
	r.depth--
	return v
}

func (r *rendering) evalNode(e expr, a *activation) Value {
	r.pay(costStep)
	switch e := e.(type) {
	case *constant:
		return e.value
	case *load:
		r.line = e.line
		if v := *a.at(e.at); v != nil {
			return v
		}
		r.pay(costBox)
		return &undefined{quote(e.name) + " is undefined"}
	case *attribute:
		x := r.eval(e.x, a)
		r.line = e.line
		return r.attr(x, e.name)
	case *subscript:
		x, key := r.eval(e.x, a), r.eval(e.key, a)
		r.line = e.line
		return r.item(x, key)
	case *slicing:
		x := r.eval(e.x, a)
		bounds := [3]Value{None, None, None}
		for i, b := range []expr{e.start, e.stop, e.step} {
			if b != nil {
				bounds[i] = r.eval(b, a)
			}
		}
		r.line = e.line
		return r.slice(x, bounds)
	case *call:
		fn := r.eval(e.fn, a)
		args := r.arguments(&e.args, a)
		r.line = e.line
		return r.call(fn, args)
	case *apply:
		x := r.piped
		if e.x != nil {
			x = r.eval(e.x, a)
		}
		args := r.arguments(&e.args, a)
		r.line = e.line
		return e.fn.apply(e.name, x, args)
	case *check:
		x := r.eval(e.x, a)
		args := r.arguments(&e.args, a)
		r.line = e.line
		return e.fn.apply(e.name, x, args)
	case *conditional:
		switch {
		case truth(r.eval(e.test, a)):
			return r.eval(e.yes, a)
		case e.no != nil:
			return r.eval(e.no, a)
		}
		return &undefined{"an inline if without else was false"}
	case *logical:
		if x := r.eval(e.left, a); truth(x) != e.and {
			return x
		}
		return r.eval(e.right, a)
	case *negation:
		return !truth(r.eval(e.x, a))
	case *unary:
		x := r.eval(e.x, a)
		r.line = e.line
		if !isNumber(x) {
			r.fail("bad operand for unary %s: %s", e.op, r.describe(x))
		}
		if e.op == "-" {
			if f, ok := x.(float64); ok {
				return -f
			}
			return r.arithmetic("-", 0, x)
		}
		if b, ok := x.(bool); ok {
			return r.arithmetic("+", 0, b)
		}
		return x
	case *binary:
		x, y := r.eval(e.left, a), r.eval(e.right, a)
		r.line = e.line
		return r.binary(e.op, x, y)
	case *concat:
		b := r.build()
		for _, item := range e.items {
			b.add(r.text(r.eval(item, a)))
		}
		return b.str()
	case *comparison:
		x := r.eval(e.first, a)
		for i, op := range e.ops {
			y := r.eval(e.rest[i], a)
			r.line = e.line
			if !r.compare(op, x, y) {
				return false
			}
			x = y
		}
		return true
	case *sequence:
		r.pay(costItem * len(e.items))
		items := make([]Value, len(e.items))
		for i, item := range e.items {
			items[i] = r.eval(item, a)
		}
		return &list{items: items, tuple: !e.list}
	case *dictionary:
		d := &Dict{}
		for i := range e.keys {
			r.pay(costEntry)
			k, v := r.eval(e.keys[i], a), r.eval(e.values[i], a)
			r.line = e.line
			d.set(r.hash(k), k, v)
		}
		return d
	}
	r.fail("unknown expression %T", e)
	return nil
}

// filtered applies the filter of a block, whose innermost has no operand, to v.
func (r *rendering) filtered(e expr, v Value, a *activation) Value {
	before := r.piped
	r.piped = v
	v = r.eval(e, a)
	r.piped = before
	return v
}
