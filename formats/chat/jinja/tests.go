package jinja

import "math/big"

// tests are those of jinja2/tests.py.
var tests map[string]*function

func init() {
	is := func(f func(Value) bool) *function {
		return fn("value", 1, func(a *args) Value { return f(a.v[0]) })
	}
	compare := func(op string) *function {
		return fn("a b", 2, func(a *args) Value { return a.r.compare(op, a.v[0], a.v[1]) })
	}
	remainder := func(want int) *function {
		return fn("value", 1, func(a *args) Value {
			return a.r.equal(a.r.binary("%", a.v[0], 2), want)
		})
	}
	tests = map[string]*function{
		"odd":  remainder(1),
		"even": remainder(0),
		"divisibleby": fn("value num", 2, func(a *args) Value {
			return a.r.equal(a.r.binary("%", a.v[0], a.v[1]), 0)
		}),
		"defined":   is(func(v Value) bool { return !isUndefined(v) }),
		"undefined": is(isUndefined),
		"filter":    fn("value", 1, func(a *args) Value { return filters[a.name()] != nil }),
		"test":      fn("value", 1, func(a *args) Value { return tests[a.name()] != nil }),
		"none":      is(func(v Value) bool { return v == None }),
		"boolean":   is(func(v Value) bool { _, ok := v.(bool); return ok }),
		"false":     is(func(v Value) bool { return v == false }),
		"true":      is(func(v Value) bool { return v == true }),
		"integer":   is(isInteger),
		"float":     is(func(v Value) bool { _, ok := v.(float64); return ok }),
		"lower":     fn("value", 1, func(a *args) Value { return isLower(a.r, a.soft(0).s) }),
		"upper":     fn("value", 1, func(a *args) Value { return isUpper(a.r, a.soft(0).s) }),
		"string":    is(func(v Value) bool { _, ok := v.(str); return ok }),
		"mapping":   is(func(v Value) bool { _, ok := v.(*Dict); return ok }),
		"number":    is(isNumber),
		"sequence": is(func(v Value) bool {
			switch v.(type) {
			case str, *list, *Dict, numbers, *undefined:
				return true
			}
			return false
		}),
		"iterable": is(func(v Value) bool {
			o, ok := v.(*object) // self has items by name, which is enough for Python
			return iterable(v) || ok && o.text != ""
		}),
		"callable": is(func(v Value) bool {
			switch v.(type) {
			case *callable, *macroValue, *loop, *undefined:
				return true
			}
			return false
		}),
		"sameas":      fn("value other", 2, func(a *args) Value { return same(a.v[0], a.v[1]) }),
		"escaped":     is(func(v Value) bool { s, ok := v.(str); return ok && s.markup }),
		"in":          fn("value seq", 2, func(a *args) Value { return a.r.contains(a.v[1], a.v[0]) }),
		"==":          compare("=="),
		"eq":          compare("=="),
		"equalto":     compare("=="),
		"!=":          compare("!="),
		"ne":          compare("!="),
		">":           compare(">"),
		"gt":          compare(">"),
		"greaterthan": compare(">"),
		">=":          compare(">="),
		"ge":          compare(">="),
		"<":           compare("<"),
		"lt":          compare("<"),
		"lessthan":    compare("<"),
		"<=":          compare("<="),
		"le":          compare("<="),
	}
}

// name is the first argument where it is a string.
func (a *args) name() string {
	s, _ := a.v[0].(str)
	return s.s
}

func isUndefined(v Value) bool {
	_, ok := v.(*undefined)
	return ok
}

func isInteger(v Value) bool {
	switch v.(type) {
	case int, *big.Int:
		return true
	}
	return false
}

// same is Python's is, as far as it does not depend on how Python stores values.
func same(x, y Value) bool {
	switch x := x.(type) {
	case str:
		y, ok := y.(str)
		return ok && x.s == y.s
	case view, numbers, *big.Int:
		return false
	case *undefined:
		return false
	}
	return x == y
}
