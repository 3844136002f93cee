package jinja

import "slices"

// parser builds the tree, by the grammar of jinja2/parser.py.
type parser struct {
	tokens []token
	depth  int
	loops  int // around the statement, within its function
	within int // loops around it, in any function
	blocks map[string]*block

	// unknown are errors that count only if nothing forgives them: jinja2 minds
	// an unknown filter in a condition when it is reached, elsewhere at once.
	unknown []*Error

	// special are the uses of names that mean something in the body of a loop or
	// a macro, in the order of the text: true where one is read.
	special map[string][]bool
}

func newParser(source string) *parser {
	special := map[string][]bool{"loop": nil, "caller": nil, "kwargs": nil, "varargs": nil}
	return &parser{tokens: lex(source), blocks: map[string]*block{}, special: special}
}

// uses notes that a name is read or set.
func (p *parser) uses(name string, read bool) {
	if s, ok := p.special[name]; ok {
		p.special[name] = append(s, read)
	}
}

// reads reports whether what is parsed reads a name before it sets it, without
// regard to scopes, as jinja2's find_undeclared does.
func (p *parser) reads(name string, parse func()) bool {
	n := len(p.special[name])
	parse()
	return len(p.special[name]) > n && p.special[name][n]
}

// set makes a target of a name.
func (p *parser) set(t token) *store {
	p.uses(t.text, false)
	return &store{name: t.text, line: t.line}
}

// strictly parses what must know all its filters and tests.
func (p *parser) strictly(parse func()) {
	n := len(p.unknown)
	parse()
	if len(p.unknown) > n {
		panic(p.unknown[n])
	}
}

// forgiving parses what need not.
func (p *parser) forgiving(parse func()) {
	n := len(p.unknown)
	parse()
	p.unknown = p.unknown[:n]
}

// maxNesting bounds statements and brackets inside one another; Python's own
// compiler gives up earlier.
const maxNesting = 200

func (p *parser) cur() token { return p.tokens[0] }

func (p *parser) next() token {
	t := p.tokens[0]
	if t.kind != eof {
		p.tokens = p.tokens[1:]
	}
	return t
}

// peek is the token after the current one.
func (p *parser) peek() token { return p.tokens[min(1, len(p.tokens)-1)] }

func (p *parser) skip(op string) bool {
	if p.cur().is(op) {
		p.next()
		return true
	}
	return false
}

func (p *parser) skipName(n string) bool {
	if p.cur().named(n) {
		p.next()
		return true
	}
	return false
}

func (p *parser) expect(op string) token {
	if !p.cur().is(op) {
		p.unexpected(op)
	}
	return p.next()
}

func (p *parser) expectKind(k kind) token {
	if p.cur().kind != k {
		p.unexpected(map[kind]string{name: "a name", variableEnd: "}}", blockEnd: "%}"}[k])
	}
	return p.next()
}

func (p *parser) unexpected(want string) {
	fail(p.cur().line, "unexpected %q, expected %s", p.cur(), want)
}

// deeper guards a recursion: defer p.deeper()().
func (p *parser) deeper() func() {
	if p.depth++; p.depth > maxNesting {
		fail(p.cur().line, "more than %d levels of nesting", maxNesting)
	}
	return func() { p.depth-- }
}

// statements reads up to one of the closing tags, of which it consumes the name.
// No closing tags: up to the end of the template.
func (p *parser) statements(closing ...string) (body []stmt, end string) {
	defer p.deeper()()
	begun := p.cur().line
	if closing != nil {
		p.skip(":")
		p.expectKind(blockEnd)
	}
	var out *output
	print := func(e expr) {
		if out == nil {
			out = &output{}
			body = append(body, out)
		}
		out.items = append(out.items, e)
	}
	for {
		t := p.next()
		switch t.kind {
		case eof:
			if closing != nil {
				fail(begun, "statement is not closed: %q is missing", closing[len(closing)-1])
			}
			return body, ""
		case data:
			print(&constant{str{s: t.text}})
		case variableBegin:
			print(p.tuple(true))
			p.expectKind(variableEnd)
		case blockBegin:
			out = nil
			if t := p.cur(); t.kind == name && slices.Contains(closing, t.text) {
				p.next()
				return body, t.text
			}
			body = append(body, p.statement())
			p.expectKind(blockEnd)
		}
	}
}

// body is statements with one closing tag, in a scope of their own.
func (p *parser) body(closing string) (body []stmt) {
	p.strictly(func() { body, _ = p.statements(closing) })
	return body
}

// function is a body that is a function of its own: no loop around it counts.
func (p *parser) function(closing string) []stmt {
	loops := p.loops
	p.loops = 0
	defer func() { p.loops = loops }()
	return p.body(closing)
}

func (p *parser) macroBody(m *macro, closing string) {
	m.readsCaller = p.reads("caller", func() {
		m.readsKwargs = p.reads("kwargs", func() {
			m.readsVarargs = p.reads("varargs", func() { m.body = p.function(closing) })
		})
	})
}

func (p *parser) statement() stmt {
	t := p.expectKind(name)
	switch t.text {
	case "if":
		return p.ifs()
	case "for":
		return p.forLoop(t.line)
	case "set":
		target := p.target(true)
		if p.skip("=") {
			return &assign{target: target, value: p.tuple(true), line: t.line}
		}
		s := &capture{target: target, line: t.line}
		p.strictly(func() { s.filter = p.filters(nil) })
		s.body = p.body("endset")
		return s
	case "with":
		w := &with{}
		for p.cur().kind != blockEnd {
			if w.targets != nil {
				p.expect(",")
			}
			w.targets = append(w.targets, p.target(false))
			p.expect("=")
			w.values = append(w.values, p.expression())
		}
		w.body = p.body("endwith")
		return w
	case "macro":
		n := p.expectKind(name)
		m := &macro{name: n.text, line: t.line, at: &store{name: n.text, line: n.line}}
		p.expect("(")
		p.signature(m)
		p.macroBody(m, "endmacro")
		return m
	case "call":
		m := &macro{line: t.line}
		if p.skip("(") {
			p.signature(m)
		}
		c, ok := p.expression().(*call)
		if !ok {
			fail(t.line, "call wants the call of a macro")
		}
		p.macroBody(m, "endcall")
		return &callBlock{call: c, macro: m, line: t.line}
	case "filter":
		f := &filtered{line: t.line}
		p.strictly(func() { f.filter = p.filters(p.filter(nil)) })
		f.body = p.body("endfilter")
		return f
	case "print":
		o := &output{}
		for p.cur().kind != blockEnd {
			if o.items != nil {
				p.expect(",")
			}
			o.items = append(o.items, p.expression())
		}
		return o
	case "generation":
		m := &macro{line: t.line}
		p.macroBody(m, "endgeneration")
		return &generation{m}
	case "block":
		return p.block(t.line)
	case "break", "continue":
		if p.loops == 0 {
			fail(t.line, "%s outside a loop", t.text)
		}
		return &jump{map[string]signal{"break": breaking, "continue": continuing}[t.text]}
	case "include", "import", "from", "extends", "autoescape":
		fail(t.line, "%q is not supported in chat templates", t.text)
	}
	fail(t.line, "unknown tag %q", t.text)
	return nil
}

func (p *parser) ifs() stmt {
	s := &conditionals{}
	p.forgiving(func() {
		for end := ""; end != "endif"; {
			b := branch{}
			if end != "else" {
				b.test = p.tuple(false)
				b.body, end = p.statements("elif", "else", "endif")
			} else {
				b.body, end = p.statements("endif")
			}
			s.branches = append(s.branches, b)
		}
	})
	return s
}

func (p *parser) forLoop(line int) stmt {
	p.within++
	defer func() { p.within-- }()
	f := &forLoop{line: line, target: p.target(false, "in")}
	if !p.skipName("in") {
		p.unexpected("in")
	}
	f.iter = p.tuple(false, "recursive")
	var end string
	p.strictly(func() {
		if p.skipName("if") {
			f.test = p.expression()
		}
		f.recursive = p.skipName("recursive")
		p.loops++
		f.readsLoop = p.reads("loop", func() { f.body, end = p.statements("else", "endfor") })
		p.loops--
	})
	if end == "else" {
		if f.recursive {
			loops := p.loops
			p.loops = 0
			defer func() { p.loops = loops }()
		}
		f.otherwise = p.body("endfor")
	}
	return f
}

func (p *parser) block(line int) stmt {
	n := p.expectKind(name)
	b := &block{name: n.text}
	if t := p.cur(); t.named("required") || t.named("scoped") {
		fail(line, "a %s block is not supported in chat templates", t)
	}
	if p.blocks[b.name] != nil {
		fail(line, "block %q is defined twice", b.name)
	}
	b.body = p.function("endblock")
	p.skipName(b.name)
	p.blocks[b.name] = b
	return b
}

// signature reads parameters up to the closing parenthesis.
func (p *parser) signature(m *macro) {
	for !p.skip(")") {
		if m.params != nil {
			p.expect(",")
		}
		n := p.expectKind(name)
		m.params = append(m.params, p.set(n))
		if p.skip("=") {
			m.defaults = append(m.defaults, p.expression())
		} else if m.defaults != nil {
			fail(n.line, "parameter %q without a default follows one with a default", n.text)
		}
	}
}

// target reads what is assigned to: names, tuples of names and, if fields is
// set, attributes of namespaces.
func (p *parser) target(fields bool, end ...string) expr {
	item := func() expr { return p.targetItem(fields, len(end) > 0 || fields) }
	e := p.listed(item, end)
	if e == nil {
		p.unexpected("a name")
	}
	return e
}

func (p *parser) targetItem(fields, setting bool) expr {
	defer p.deeper()()
	if p.cur().is("(") {
		p.next()
		line := p.cur().line
		if p.skip(")") {
			return &sequence{line: line}
		}
		t := p.target(fields)
		p.expect(")")
		return t
	}
	t := p.next()
	if t.kind != name || reserved(t.text) {
		fail(t.line, "cannot assign to %q", t)
	}
	if fields && p.skip(".") {
		return &field{name: t.text, attr: p.expectKind(name).text, line: t.line}
	}
	if t.text == "loop" && p.within > 0 && setting {
		fail(t.line, "cannot assign to the special variable loop inside a loop")
	}
	return p.set(t)
}

// reserved are the names of constants.
func reserved(n string) bool {
	switch n {
	case "true", "True", "false", "False", "none", "None":
		return true
	}
	return false
}
