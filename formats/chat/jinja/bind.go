package jinja

// binder is the second pass: it gives every name its cell, scope by scope.
type binder struct {
	blocks bool
}

// bind prepares a parsed template and returns the frame of its root and the
// number of its cells.
func bind(body []stmt, blocks map[string]*block) (*frame, int) {
	b := &binder{blocks: len(blocks) > 0}
	root := newScope(nil, &cells{})
	root.root = true
	root.learnAll(body)
	b.all(body, root)
	for _, bl := range blocks {
		s := newScope(nil, &cells{})
		s.learnAll(bl.body)
		b.all(bl.body, s)
		bl.frame, bl.cells = s.frame(), s.fn.n
	}
	return root.frame(), root.fn.n
}

func (b *binder) all(body []stmt, s *scope) {
	for _, st := range body {
		b.stmt(st, s)
	}
}

func (b *binder) exprs(s *scope, list ...expr) {
	for _, e := range list {
		walk(e, func(e expr) {
			switch e := e.(type) {
			case *load:
				e.at = s.variable(e.name)
				b.refuse(e, s)
			case *store:
				e.at = s.variable(e.name)
				e.export = b.blocks && s.root
			case *field:
				e.at = s.variable(e.name)
			}
		})
	}
}

// refuse names what jinja2 gives a template and this package does not.
func (b *binder) refuse(e *load, s *scope) {
	if e.name != "lipsum" {
		return
	}
	if h, _ := s.find(e.name).bound(e.name); h == resolve {
		fail(e.line, "%q is not supported in chat templates", e.name)
	}
}

func (b *binder) stmt(st stmt, s *scope) {
	switch st := st.(type) {
	case *output:
		b.exprs(s, st.items...)
	case *conditionals:
		for _, br := range st.branches {
			b.exprs(s, br.test)
			b.all(br.body, s)
		}
	case *forLoop:
		b.loop(st, s)
	case *assign:
		b.exprs(s, st.value, st.target)
	case *capture:
		in := newScope(s, s.fn)
		in.learnAll(st.body)
		b.all(st.body, in)
		b.exprs(in, st.filter)
		st.frame = in.frame()
		b.exprs(s, st.target)
	case *filtered:
		in := newScope(s, s.fn)
		in.learn(st.filter)
		in.learnAll(st.body)
		b.all(st.body, in)
		b.exprs(in, st.filter)
		st.frame = in.frame()
	case *with:
		in := newScope(s, s.fn)
		for _, t := range st.targets {
			in.declareAll(t)
		}
		in.learnAll(st.body)
		b.exprs(s, st.values...)
		b.exprs(in, st.targets...)
		b.all(st.body, in)
		st.frame = in.frame()
	case *macro:
		b.macro(st, s)
		b.exprs(s, st.at)
	case *callBlock:
		b.macro(st.macro, s)
		b.exprs(s, st.call)
	case *generation:
		b.macro(st.macro, s)
	}
}

func (b *binder) loop(st *forLoop, s *scope) {
	b.exprs(s, st.iter)
	fn := s.fn
	if st.recursive {
		fn = &cells{outer: s.fn}
	}
	each := newScope(s, fn)
	if st.readsLoop || st.recursive {
		each.declare("loop")
	}
	each.declareAll(st.target)
	each.learnAll(st.body)
	if st.test != nil {
		skip := newScope(s, fn)
		skip.declareAll(st.target)
		skip.learn(st.test)
		b.exprs(skip, st.test)
		st.skip = skip.frame()
		st.skipTarget = rebound(st.target)
		b.exprs(skip, st.skipTarget)
	}
	if h, ok := each.bound("loop"); ok && h == parameter {
		v := each.variable("loop")
		st.loop = &v
	}
	b.exprs(each, st.target)
	b.all(st.body, each)
	st.each = each.frame()
	if st.otherwise != nil {
		none := newScope(s, fn)
		none.learnAll(st.otherwise)
		b.all(st.otherwise, none)
		st.none = none.frame()
	}
	st.cells = fn.n
}

// rebound is a copy of a target, for a second binding.
func rebound(target expr) expr {
	switch t := target.(type) {
	case *store:
		c := *t
		return &c
	case *sequence:
		c := *t
		c.items = nil
		for _, i := range t.items {
			c.items = append(c.items, rebound(i))
		}
		return &c
	}
	return target
}

func (b *binder) macro(m *macro, s *scope) {
	in := newScope(s, &cells{outer: s.fn})
	for _, p := range m.params {
		in.declare(p.name)
	}
	in.learn(m.defaults...)
	in.learnAll(m.body)
	explicit := func(n string) bool {
		for i, p := range m.params {
			if p.name == n {
				if n == "caller" && i < len(m.params)-len(m.defaults) {
					fail(m.line, "the parameter caller of a macro wants a default")
				}
				return true
			}
		}
		return false
	}
	for _, special := range []struct {
		name  string
		reads bool
		at    **variable
	}{{"caller", m.readsCaller, &m.caller}, {"kwargs", m.readsKwargs, &m.kwargs}, {"varargs", m.readsVarargs, &m.varargs}} {
		if special.reads && !explicit(special.name) {
			in.declare(special.name)
			v := in.variable(special.name)
			*special.at = &v
		}
	}
	for _, p := range m.params {
		b.exprs(in, p)
	}
	b.exprs(in, m.defaults...)
	b.all(m.body, in)
	m.frame, m.cells = in.frame(), in.fn.n
}
