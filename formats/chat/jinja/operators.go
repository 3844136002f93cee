package jinja

import (
	"math/big"
	"slices"
	"strings"
)

// binary is the value of x op y.
func (r *rendering) binary(op string, x, y Value) Value {
	if isNumber(x) && isNumber(y) {
		return r.arithmetic(op, x, y)
	}
	switch op {
	case "+":
		switch x := x.(type) {
		case str:
			if y, ok := y.(str); ok {
				return r.join2(x, y)
			}
		case *list:
			if y, ok := y.(*list); ok && x.tuple == y.tuple {
				r.pay(costItem * (len(x.items) + len(y.items)))
				return &list{items: slices.Concat(x.items, y.items), tuple: x.tuple}
			}
		}
	case "*":
		if n, ok := small(x); ok {
			x, y = y, n
		}
		if n, ok := small(y); ok {
			switch x := x.(type) {
			case str:
				b := r.build()
				b.repeat(x, n)
				s := b.str()
				s.markup = x.markup
				return s
			case *list:
				n = max(n, 0)
				r.payTimes(n, costItem*len(x.items))
				return &list{items: slices.Repeat(x.items, n), tuple: x.tuple}
			}
		}
	case "%":
		if x, ok := x.(str); ok {
			return r.percent(x, y)
		}
	}
	r.fail("cannot compute %s %s %s", r.describe(x), op, r.describe(y))
	return nil
}

// join2 is x + y; text that is marked as HTML escapes the other.
func (r *rendering) join2(x, y str) str {
	markup := x.markup || y.markup
	if markup && !x.markup {
		x = r.escapeHTML(x)
	}
	if markup && !y.markup {
		y = r.escapeHTML(y)
	}
	b := r.build()
	b.add(x)
	b.add(y)
	s := b.str()
	s.markup = markup
	return s
}

func (r *rendering) compare(op string, x, y Value) bool {
	switch op {
	case "==":
		return r.equal(x, y)
	case "!=":
		return !r.equal(x, y)
	case "in":
		return r.contains(y, x)
	case "not in":
		return !r.contains(y, x)
	case "<":
		return r.less(x, y, 0)
	case ">":
		return r.less(y, x, 0)
	case "<=":
		return r.lessEqual(x, y)
	}
	return r.lessEqual(y, x)
}

func (r *rendering) equal(x, y Value) bool { return r.equalDeep(x, y, 0) }

func (r *rendering) equalDeep(x, y Value, depth int) bool {
	depth = r.deeper(depth)
	if isNumber(x) && isNumber(y) {
		return r.order(x, y) == 0
	}
	switch x := x.(type) {
	case str:
		y, ok := y.(str)
		if !ok || len(x.s) != len(y.s) {
			return false
		}
		r.pay(len(x.s) / 8)
		return x.s == y.s
	case *list:
		y, ok := y.(*list)
		if !ok || x.tuple != y.tuple || len(x.items) != len(y.items) {
			return false
		}
		if x == y {
			return true
		}
		for i := range x.items {
			if !r.equalDeep(x.items[i], y.items[i], depth) {
				return false
			}
		}
		return true
	case *Dict:
		y, ok := y.(*Dict)
		if !ok || len(x.keys) != len(y.keys) {
			return false
		}
		if x == y {
			return true
		}
		for i := range x.keys {
			j := y.find(x.hashes[i])
			if j < 0 || !r.equalDeep(x.values[i], y.values[j], depth) {
				return false
			}
		}
		return true
	case *undefined:
		_, ok := y.(*undefined)
		return ok
	case numbers:
		y, ok := y.(numbers)
		return ok && x.n == y.n && (x.n == 0 || x.start == y.start && (x.n == 1 || x.step == y.step))
	case view:
		y, ok := y.(view)
		if !ok || x.kind == "values" || y.kind == "values" || len(x.d.keys) != len(y.d.keys) {
			return ok && x == y
		}
		for i := range x.d.keys {
			if !r.contains(y, x.at(r, i)) {
				return false
			}
		}
		return true
	}
	return x == y
}

// exactInt bounds the integers that a float holds without rounding.
const exactInt = 1 << 53

// order compares numbers: -1, 0, 1, or 2 where one is no number.
func (r *rendering) order(x, y Value) int {
	fx, xf := x.(float64)
	fy, yf := y.(float64)
	switch {
	case xf && fx != fx || yf && fy != fy:
		return 2
	case xf && yf:
		return sign(fx < fy, fx > fy)
	}
	i, ok := small(x)
	j, ok2 := small(y)
	switch {
	case ok && ok2:
		return sign(i < j, i > j)
	case xf && ok2 && -exactInt < j && j < exactInt:
		return sign(fx < float64(j), fx > float64(j))
	case yf && ok && -exactInt < i && i < exactInt:
		return sign(float64(i) < fy, float64(i) > fy)
	case xf || yf:
		r.pay(maxBits / 64)
		return exact(x).Cmp(exact(y))
	}
	r.pay(maxBits / 64)
	return bigOf(x).Cmp(bigOf(y))
}

// exact is a number without rounding.
func exact(v Value) *big.Float {
	if f, ok := v.(float64); ok {
		return big.NewFloat(f)
	}
	i := bigOf(v)
	return new(big.Float).SetPrec(uint(max(64, i.BitLen()))).SetInt(i)
}

func sign(less, greater bool) int {
	switch {
	case less:
		return -1
	case greater:
		return 1
	}
	return 0
}

// less is x < y for numbers, strings and lists.
func (r *rendering) less(x, y Value, depth int) bool {
	depth = r.deeper(depth)
	if isNumber(x) && isNumber(y) {
		return r.order(x, y) == -1
	}
	switch x := x.(type) {
	case str:
		if y, ok := y.(str); ok {
			r.pay(min(len(x.s), len(y.s)) / 8)
			return x.s < y.s
		}
	case *list:
		if y, ok := y.(*list); ok && x.tuple == y.tuple {
			for i := range min(len(x.items), len(y.items)) {
				if !r.equalDeep(x.items[i], y.items[i], depth) {
					return r.less(x.items[i], y.items[i], depth)
				}
			}
			return len(x.items) < len(y.items)
		}
	case *undefined:
		r.fail("%s", x.why)
	}
	r.fail("cannot order %s and %s", r.describe(x), r.describe(y))
	return false
}

func (r *rendering) lessEqual(x, y Value) bool {
	if isNumber(x) && isNumber(y) {
		o := r.order(x, y)
		return o == -1 || o == 0
	}
	return r.less(x, y, 0) || r.equal(x, y)
}

// contains is x in container.
func (r *rendering) contains(container, x Value) bool {
	switch c := container.(type) {
	case str:
		s, ok := x.(str)
		if !ok {
			r.fail("cannot look for %s in a string", r.describe(x))
		}
		r.pay(len(c.s) + len(s.s))
		return strings.Contains(c.s, s.s)
	case *Dict:
		return c.find(r.hash(x)) >= 0
	case view:
		if c.kind == "keys" {
			return c.d.find(r.hash(x)) >= 0
		}
	}
	next := r.each(container)
	for {
		v, ok := next()
		if !ok {
			return false
		}
		if r.equal(v, x) {
			return true
		}
	}
}
