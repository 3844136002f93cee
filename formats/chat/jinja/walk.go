package jinja

// walk visits an expression and all inside it, in the order of the text. A nil
// expression is none.
func walk(e expr, visit func(expr)) {
	walkDepth(e, visit, 0)
}

// maxHeight bounds the syntax tree: chains of operators within nested brackets.
const maxHeight = 4 * maxChain

func walkDepth(e expr, visit func(expr), depth int) {
	if e == nil {
		return
	}
	if depth > maxHeight {
		fail(0, "expression is nested too deeply")
	}
	all := func(list ...expr) {
		for _, e := range list {
			walkDepth(e, visit, depth+1)
		}
	}
	args := func(a *arguments) {
		all(a.values...)
		for _, k := range a.keywords {
			all(k.value)
		}
		all(a.star, a.stars)
	}
	visit(e)
	switch e := e.(type) {
	case *sequence:
		all(e.items...)
	case *dictionary:
		for i := range e.keys {
			all(e.keys[i], e.values[i])
		}
	case *conditional:
		all(e.test, e.yes, e.no)
	case *logical:
		all(e.left, e.right)
	case *negation:
		all(e.x)
	case *unary:
		all(e.x)
	case *binary:
		all(e.left, e.right)
	case *concat:
		all(e.items...)
	case *comparison:
		all(e.first)
		all(e.rest...)
	case *attribute:
		all(e.x)
	case *subscript:
		all(e.x, e.key)
	case *slicing:
		all(e.x, e.start, e.stop, e.step)
	case *call:
		all(e.fn)
		args(&e.args)
	case *apply:
		all(e.x)
		args(&e.args)
	case *check:
		all(e.x)
		args(&e.args)
	}
}
