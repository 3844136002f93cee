package jinja

// reads reports whether a body reads a name that it has not assigned before, in
// the order of the text and without regard to scopes, as jinja2's
// find_undeclared does.
func reads(body []stmt, name string) bool {
	u := &undeclared{name: name}
	u.all(body)
	return u.found
}

type undeclared struct {
	name            string
	found, assigned bool
}

func (u *undeclared) all(body []stmt) {
	for _, st := range body {
		u.stmt(st)
	}
}

func (u *undeclared) exprs(list ...expr) {
	for _, e := range list {
		walk(e, func(e expr) {
			switch e := e.(type) {
			case *load:
				u.found = u.found || e.name == u.name && !u.assigned
			case *store:
				u.assigned = u.assigned || e.name == u.name
			}
		})
	}
}

// stmt visits a statement's parts in the order of jinja2's nodes.
func (u *undeclared) stmt(st stmt) {
	switch st := st.(type) {
	case *output:
		u.exprs(st.items...)
	case *conditionals:
		for _, b := range st.branches {
			u.exprs(b.test)
			u.all(b.body)
		}
	case *forLoop:
		u.exprs(st.target, st.iter)
		u.all(st.body)
		u.all(st.otherwise)
		u.exprs(st.test)
	case *assign:
		u.exprs(st.target, st.value)
	case *capture:
		u.exprs(st.target, st.filter)
		u.all(st.body)
	case *filtered:
		u.all(st.body)
		u.exprs(st.filter)
	case *with:
		u.exprs(st.targets...)
		u.exprs(st.values...)
		u.all(st.body)
	case *macro:
		u.macro(st)
	case *callBlock:
		u.exprs(st.call)
		u.macro(st.macro)
	case *generation:
		u.macro(st.macro)
	}
}

func (u *undeclared) macro(m *macro) {
	for _, p := range m.params {
		u.exprs(p)
	}
	u.exprs(m.defaults...)
	u.all(m.body)
}

// assignsLoop is the line on which a body assigns to loop, 0 if it does not.
func assignsLoop(body []stmt) int {
	line := 0
	visit := func(e expr) {
		walk(e, func(e expr) {
			if s, ok := e.(*store); ok && s.name == "loop" && line == 0 {
				line = s.line
			}
		})
	}
	var all func([]stmt)
	all = func(body []stmt) {
		for _, st := range body {
			switch st := st.(type) {
			case *assign:
				visit(st.target)
			case *capture:
				visit(st.target)
				all(st.body)
			case *conditionals:
				for _, b := range st.branches {
					all(b.body)
				}
			case *forLoop:
				visit(st.target)
				all(st.body)
				all(st.otherwise)
			case *filtered:
				all(st.body)
			case *with:
				all(st.body)
			case *macro:
				all(st.body)
			case *callBlock:
				all(st.macro.body)
			case *generation:
				all(st.macro.body)
			case *block:
				all(st.body)
			}
		}
	}
	all(body)
	return line
}
