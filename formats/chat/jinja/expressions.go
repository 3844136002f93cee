package jinja

import (
	"slices"
	"strings"
)

// maxChain bounds operators in a row, which make the tree as deep.
const maxChain = 1000

// maxNames bounds the named arguments of a call, which are searched one by one.
const maxNames = 250

func (p *parser) tupleEnd(end []string) bool {
	t := p.cur()
	return t.kind == variableEnd || t.kind == blockEnd || t.is(")") || t.kind == name && slices.Contains(end, t.text)
}

// tuple reads expressions with commas between them; one without a comma is
// itself. whole allows conditional expressions.
func (p *parser) tuple(whole bool, end ...string) expr {
	t := p.cur()
	e := p.tupleOrNothing(whole, end...)
	if e == nil {
		fail(t.line, "expected an expression, got %q", t)
	}
	return e
}

func (p *parser) tupleOrNothing(whole bool, end ...string) expr {
	item := p.or
	if whole {
		item = p.expression
	}
	return p.listed(item, end)
}

// listed reads items with commas between them, up to a name of end: a sequence
// where there is a comma, the item itself where there is none, else nil.
func (p *parser) listed(item func() expr, end []string) expr {
	line := p.cur().line
	var items []expr
	tuple := false
	for {
		if items != nil {
			p.expect(",")
		}
		if p.tupleEnd(end) {
			break
		}
		items = append(items, item())
		if !p.cur().is(",") {
			break
		}
		tuple = true
	}
	switch {
	case tuple:
		return &sequence{items: items, line: line}
	case items != nil:
		return items[0]
	}
	return nil
}

// expression is a conditional expression or anything below it.
func (p *parser) expression() expr {
	defer p.deeper()()
	unknown := len(p.unknown)
	e := p.or()
	for n := 0; p.skipName("if"); n++ {
		p.chain(n)
		c := &conditional{test: p.or(), yes: e}
		if p.skipName("else") {
			c.no = p.expression()
		}
		e = c
		p.unknown = p.unknown[:unknown] // as in a statement if
	}
	return e
}

func (p *parser) chain(n int) {
	if n >= maxChain {
		fail(p.cur().line, "more than %d operators in a row", maxChain)
	}
}

func (p *parser) or() expr {
	e := p.and()
	for n := 0; p.skipName("or"); n++ {
		p.chain(n)
		e = &logical{left: e, right: p.and()}
	}
	return e
}

func (p *parser) and() expr {
	e := p.not()
	for n := 0; p.skipName("and"); n++ {
		p.chain(n)
		e = &logical{and: true, left: e, right: p.not()}
	}
	return e
}

func (p *parser) not() expr {
	if !p.cur().named("not") {
		return p.compare()
	}
	defer p.deeper()()
	p.next()
	return &negation{p.not()}
}

func (p *parser) compare() expr {
	c := &comparison{line: p.cur().line, first: p.sum()}
	for {
		t := p.cur()
		op := t.text
		switch {
		case t.kind == operator && slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, op), t.named("in"):
		case t.named("not") && p.peek().named("in"):
			p.next()
			op = "not in"
		case c.ops == nil:
			return c.first
		default:
			return c
		}
		p.next()
		p.chain(len(c.ops))
		c.ops = append(c.ops, op)
		c.rest = append(c.rest, p.sum())
	}
}

// infix reads operands with left-associative operators between them.
func (p *parser) infix(operand func() expr, ops ...string) expr {
	line := p.cur().line
	e := operand()
	for n := 0; p.cur().kind == operator && slices.Contains(ops, p.cur().text); n++ {
		p.chain(n)
		e = &binary{op: p.next().text, left: e, right: operand(), line: line}
		line = p.cur().line
	}
	return e
}

func (p *parser) sum() expr { return p.infix(p.tildes, "+", "-") }

func (p *parser) tildes() expr {
	line := p.cur().line
	items := []expr{p.product()}
	for p.skip("~") {
		items = append(items, p.product())
	}
	if len(items) == 1 {
		return items[0]
	}
	return &concat{items: items, line: line}
}

func (p *parser) product() expr { return p.infix(p.power, "*", "/", "//", "%") }

func (p *parser) power() expr { return p.infix(func() expr { return p.unary(true) }, "**") }

func (p *parser) unary(filters bool) expr {
	t := p.cur()
	var e expr
	if t.is("-") || t.is("+") {
		defer p.deeper()()
		p.next()
		e = &unary{op: t.text, x: p.unary(false), line: t.line}
	} else {
		e = p.primary()
	}
	e = p.postfix(e)
	if filters {
		e = p.filtersAndTests(e)
	}
	return e
}

func (p *parser) primary() expr {
	t := p.next()
	switch {
	case t.kind == name:
		switch t.text {
		case "true", "True":
			return &constant{true}
		case "false", "False":
			return &constant{false}
		case "none", "None":
			return &constant{None}
		}
		p.uses(t.text, true)
		return &load{name: t.text, line: t.line}
	case t.kind == text:
		s := t.text
		if p.cur().kind == text {
			var b strings.Builder
			for b.WriteString(s); p.cur().kind == text; {
				b.WriteString(p.next().text)
			}
			s = b.String()
		}
		return &constant{str{s: s}}
	case t.kind == number:
		return &constant{t.value}
	case t.is("("):
		defer p.deeper()()
		e := p.tupleOrNothing(true)
		p.expect(")")
		if e == nil {
			return &sequence{line: t.line}
		}
		return e
	case t.is("["):
		defer p.deeper()()
		s := &sequence{list: true, line: t.line}
		for !p.skip("]") {
			if s.items != nil {
				p.expect(",")
				if p.skip("]") {
					break
				}
			}
			s.items = append(s.items, p.expression())
		}
		return s
	case t.is("{"):
		defer p.deeper()()
		d := &dictionary{line: t.line}
		for !p.skip("}") {
			if d.keys != nil {
				p.expect(",")
				if p.skip("}") {
					break
				}
			}
			d.keys = append(d.keys, p.expression())
			p.expect(":")
			d.values = append(d.values, p.expression())
		}
		return d
	}
	fail(t.line, "unexpected %q", t)
	return nil
}

func (p *parser) postfix(e expr) expr {
	for n := 0; ; n++ {
		p.chain(n)
		t := p.cur()
		switch {
		case t.is("."):
			p.next()
			a := p.next()
			switch {
			case a.kind == name:
				e = &attribute{x: e, name: a.text, line: t.line}
			case a.kind == number:
				e = &subscript{x: e, key: &constant{a.value}, line: t.line}
			default:
				fail(a.line, "expected a name or a number after the dot, got %q", a)
			}
		case t.is("["):
			e = p.subscript(e)
		case t.is("("):
			e = &call{fn: e, args: p.arguments(), line: t.line}
		default:
			return e
		}
	}
}

func (p *parser) filtersAndTests(e expr) expr {
	for n := 0; ; n++ {
		p.chain(n)
		t := p.cur()
		switch {
		case t.is("|"):
			p.next()
			e = p.filter(e)
		case t.named("is"):
			e = p.check(e)
		case t.is("("):
			e = &call{fn: e, args: p.arguments(), line: t.line}
		default:
			return e
		}
	}
}

func (p *parser) subscript(e expr) expr {
	defer p.deeper()()
	t := p.expect("[")
	var slice *slicing
	var items []expr
	for !p.cur().is("]") {
		if items != nil || slice != nil {
			p.expect(",")
		}
		part := func() expr {
			if p.cur().is(":") || p.cur().is("]") || p.cur().is(",") {
				return nil
			}
			return p.expression()
		}
		first := part()
		if !p.cur().is(":") {
			if first == nil {
				p.unexpected("an expression")
			}
			items = append(items, first)
			continue
		}
		p.next()
		slice = &slicing{x: e, start: first, stop: part(), line: t.line}
		if p.skip(":") {
			slice.step = part()
		}
	}
	p.expect("]")
	switch {
	case slice != nil && items != nil:
		fail(t.line, "a slice among several subscripts")
	case slice != nil:
		return slice
	case len(items) == 1:
		return &subscript{x: e, key: items[0], line: t.line}
	}
	return &subscript{x: e, key: &sequence{items: items, line: t.line}, line: t.line}
}

func (p *parser) arguments() (a arguments) {
	defer p.deeper()()
	line := p.expect("(").line
	ensure := func(ok bool) {
		if !ok {
			fail(line, "arguments of a call in the wrong order")
		}
	}
	for first := true; !p.cur().is(")"); first = false {
		if !first {
			p.expect(",")
			if p.cur().is(")") {
				break
			}
		}
		switch t := p.cur(); {
		case p.skip("*"):
			ensure(a.star == nil && a.stars == nil)
			a.star = p.expression()
		case p.skip("**"):
			ensure(a.stars == nil)
			a.stars = p.expression()
		case t.kind == name && p.peek().is("="):
			ensure(a.stars == nil)
			p.next()
			p.next()
			if len(a.keywords) == maxNames {
				fail(t.line, "more than %d named arguments", maxNames)
			}
			for _, k := range a.keywords {
				if k.name == t.text {
					fail(t.line, "argument %q is given twice", t.text)
				}
			}
			a.keywords = append(a.keywords, keyword{t.text, p.expression()})
		default:
			ensure(a.star == nil && a.stars == nil && a.keywords == nil)
			a.values = append(a.values, p.expression())
		}
	}
	p.expect(")")
	return a
}

func (p *parser) dotted() token {
	t := p.expectKind(name)
	for p.skip(".") {
		t.text += "." + p.expectKind(name).text
	}
	return t
}

// filters reads any number of filters, each after a bar.
func (p *parser) filters(e expr) expr {
	for n := 0; p.skip("|"); n++ {
		p.chain(n)
		e = p.filter(e)
	}
	return e
}

func (p *parser) filter(e expr) expr {
	t := p.dotted()
	fn := filters[t.text]
	if fn == nil {
		fn = p.unknownName(t, "filter")
	}
	f := &apply{x: e, name: t.text, fn: fn, line: t.line}
	if p.cur().is("(") {
		f.args = p.arguments()
	}
	return f
}

// unknownName notes that a filter or a test is not known, and is what runs if
// that is forgiven.
func (p *parser) unknownName(t token, what string) *function {
	err := &Error{Line: t.line, Msg: "unknown " + what + " " + quote(t.text)}
	p.unknown = append(p.unknown, err)
	return fn("value *", 0, func(*args) Value { panic(err) })
}

func (p *parser) check(e expr) expr {
	line := p.next().line
	not := p.skipName("not")
	t := p.dotted()
	fn := tests[t.text]
	if fn == nil {
		fn = p.unknownName(t, "test")
	}
	c := &check{x: e, name: t.text, fn: fn, line: line}
	switch t := p.cur(); {
	case t.is("("):
		c.args = p.arguments()
	case t.kind == name || t.kind == text || t.kind == number || t.is("[") || t.is("{"):
		switch {
		case t.named("else") || t.named("or") || t.named("and"):
		case t.named("is"):
			fail(t.line, "a test cannot follow a test")
		default:
			c.args.values = []expr{p.postfix(p.primary())}
		}
	}
	if not {
		return &negation{c}
	}
	return c
}
