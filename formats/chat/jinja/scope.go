package jinja

import "maps"

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

// names is what is known of the names of a scope, above what is known where a
// branch begins.
type names struct {
	base   *names
	loads  map[string]how // of every name that is bound
	stores map[string]bool
}

// how a name gets its first value in a frame.
type how uint8

const (
	parameter how = iota // whoever enters sets it
	resolve              // from the context
	alias                // from the scope around
	unset
)

func newScope(parent *scope, fn *cells) *scope {
	return &scope{parent: parent, fn: fn, at: map[string]int{}, names: branchOf(nil)}
}

func branchOf(base *names) *names {
	return &names{base, map[string]how{}, map[string]bool{}}
}

func (n *names) bound(name string) (how, bool) {
	for ; n != nil; n = n.base {
		if h, ok := n.loads[name]; ok {
			return h, true
		}
	}
	return 0, false
}

func (n *names) stored(name string) bool {
	for ; n != nil; n = n.base {
		if n.stores[name] {
			return true
		}
	}
	return false
}

// find is the scope that binds a name, nil if none does yet.
func (s *scope) find(n string) *scope {
	for ; s != nil; s = s.parent {
		if _, ok := s.bound(n); ok {
			return s
		}
	}
	return nil
}

func (s *scope) define(n string, h how) {
	s.loads[n] = h
	if _, ok := s.at[n]; !ok {
		s.at[n] = s.fn.n
		s.fn.n++
	}
}

func (s *scope) store(n string) {
	s.stores[n] = true
	if _, ok := s.bound(n); ok {
		return
	}
	s.define(n, s.outside(n, unset))
}

// outside is how a name that a scope sets begins: as the one around it.
func (s *scope) outside(n string, otherwise how) how {
	if s.parent.find(n) != nil {
		return alias
	}
	return otherwise
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

// join takes over what alternatives bind: a name set in one of them has its
// outer value in the others.
func (s *scope) join(alternatives ...*names) {
	var fresh []string
	for _, b := range alternatives {
		for n := range b.stores {
			if !s.stored(n) {
				fresh = append(fresh, n)
			}
		}
	}
	for _, b := range alternatives {
		maps.Copy(s.loads, b.loads)
		maps.Copy(s.stores, b.stores)
	}
	for _, n := range fresh {
		s.loads[n] = s.outside(n, resolve)
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
	for n, h := range s.loads {
		switch h {
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
		s.learn(st.branches[0].test)
		base := s.names
		elifs, body, otherwise := branchOf(base), branchOf(base), branchOf(base)
		for i, b := range st.branches {
			switch {
			case i == 0:
				s.names = body
				s.learnAll(b.body)
			case b.test == nil:
				s.names = otherwise
				s.learnAll(b.body)
			default: // one after another, each a condition of its own
				s.names = elifs
				s.learn(b.test)
				inner := branchOf(elifs)
				s.names = inner
				s.learnAll(b.body)
				s.names = elifs
				s.join(inner)
			}
		}
		s.names = base
		s.join(body, elifs, otherwise)
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
