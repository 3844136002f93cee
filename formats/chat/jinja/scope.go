package jinja

// Names are bound to cells before anything runs, by the rules of
// jinja2/idtracking.py: which assignment a name sees is decided by where it
// stands, not by what ran before. A frame is a scope (the body of a loop, of a
// macro, of with); a function is what has cells of its own for every call: the
// template, macros, blocks and recursive loops.

// frame is what a scope does when it is entered.
type frame struct {
	loads []action
}

// action sets a cell: from the cell of an outer scope, from the context by its
// name, or to nothing yet.
type action struct {
	cell  int
	alias *variable
	name  string
}

// scope is the binding of names within a frame.
type scope struct {
	parent *scope
	fn     *cells
	root   bool // of the template or a block: what is set is visible in blocks
	*names
	at map[string]int // the cell of every name bound here, in any branch
}

type cells struct {
	outer *cells
	n     int
}

type names struct {
	refs   map[string]bool
	loads  map[string]load0
	stores map[string]bool
}

// load0 is how a name gets its first value in a frame.
type load0 uint8

const (
	parameter load0 = iota // whoever enters sets it
	resolve                // from the context
	alias                  // from the scope around
	unset
)

func newScope(parent *scope, fn *cells) *scope {
	return &scope{parent: parent, fn: fn, at: map[string]int{},
		names: &names{map[string]bool{}, map[string]load0{}, map[string]bool{}}}
}

func (n *names) copy() *names {
	c := &names{map[string]bool{}, map[string]load0{}, map[string]bool{}}
	c.add(n)
	return c
}

func (n *names) add(m *names) {
	for k := range m.refs {
		n.refs[k] = true
	}
	for k, v := range m.loads {
		n.loads[k] = v
	}
	for k := range m.stores {
		n.stores[k] = true
	}
}

// find is the scope that binds a name, nil if none does yet.
func (s *scope) find(n string) *scope {
	for ; s != nil; s = s.parent {
		if s.refs[n] {
			return s
		}
	}
	return nil
}

func (s *scope) define(n string, how load0) {
	s.refs[n] = true
	s.loads[n] = how
	if _, ok := s.at[n]; !ok {
		s.at[n] = s.fn.n
		s.fn.n++
	}
}

func (s *scope) store(n string) {
	s.stores[n] = true
	switch {
	case s.refs[n]:
	case s.parent.find(n) != nil:
		s.define(n, alias)
	default:
		s.define(n, unset)
	}
}

func (s *scope) declare(n string) {
	s.stores[n] = true
	s.define(n, parameter)
}

func (s *scope) load(n string) {
	if s.find(n) == nil {
		s.define(n, resolve)
	}
}

// branches joins what alternatives bind: a name set in one of them has its outer
// value in the others.
func (s *scope) branches(alternatives []*names) {
	stores := map[string]bool{}
	for _, b := range alternatives {
		for n := range b.stores {
			if !s.stores[n] {
				stores[n] = true
			}
		}
	}
	for _, b := range alternatives {
		s.names.add(b)
	}
	for n := range stores {
		if s.parent.find(n) != nil {
			s.loads[n] = alias
		} else {
			s.loads[n] = resolve
		}
	}
}

// variable is where code of scope s finds a name.
func (s *scope) variable(n string) variable {
	at := s.find(n)
	if at == nil { // only filters of set blocks, which jinja2 cannot bind either
		s.load(n)
		at = s
	}
	v := variable{cell: at.at[n]}
	for fn := s.fn; fn != at.fn; fn = fn.outer {
		v.up++
	}
	return v
}

func (s *scope) frame() *frame {
	f := &frame{}
	for n, how := range s.loads {
		switch how {
		case resolve:
			f.loads = append(f.loads, action{cell: s.at[n], name: n})
		case alias:
			v := s.parent.variable(n)
			for fn := s.fn; fn != s.parent.fn; fn = fn.outer {
				v.up++
			}
			f.loads = append(f.loads, action{cell: s.at[n], alias: &v})
		case unset:
			f.loads = append(f.loads, action{cell: s.at[n]})
		}
	}
	return f
}

// The first pass over a scope learns which names it binds. It does not go into
// the scopes inside, only into what they evaluate outside themselves.

func (s *scope) learnAll(body []stmt) {
	for _, st := range body {
		s.learnStmt(st)
	}
}

func (s *scope) learnStmt(st stmt) {
	switch st := st.(type) {
	case *output:
		s.learn(st.items...)
	case *conditionals:
		// jinja2 sees the test of the first branch alone before it branches.
		s.learn(st.branches[0].test)
		before := s.names
		elifs := before.copy()
		var alternatives []*names
		for i, b := range st.branches {
			switch {
			case i == 0 || b.test == nil:
				s.names = before.copy()
			default:
				s.names = elifs
			}
			if i > 0 && b.test != nil {
				inner := s.names
				s.learn(b.test)
				s.names = inner.copy()
				s.learnAll(b.body)
				body := s.names
				s.names = inner
				s.branches([]*names{body})
			} else {
				s.learnAll(b.body)
				alternatives = append(alternatives, s.names)
			}
		}
		s.names = before
		s.branches(append(alternatives, elifs))
	case *forLoop:
		s.learn(st.iter)
	case *assign:
		s.learn(st.value)
		s.learn(st.target)
	case *capture:
		s.learn(st.target)
	case *filtered:
		s.learn(st.filter)
	case *with:
		s.learn(st.values...)
	case *macro:
		s.store(st.name)
	case *callBlock:
		s.learn(st.call)
	}
}

// learn goes through expressions and targets.
func (s *scope) learn(list ...expr) {
	for _, e := range list {
		walk(e, func(e expr) {
			switch e := e.(type) {
			case *load:
				s.load(e.name)
			case *store:
				s.store(e.name)
			case *field:
				s.load(e.name)
			}
		})
	}
}

// declareAll binds the targets of loops and with.
func (s *scope) declareAll(target expr) {
	walk(target, func(e expr) {
		if st, ok := e.(*store); ok {
			s.declare(st.name)
		}
	})
}
