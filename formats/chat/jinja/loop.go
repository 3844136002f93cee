package jinja

// loop is the loop variable.
type loop struct {
	r        *rendering
	iterable Value
	next     func() (Value, bool)
	index0   int
	depth0   int
	size     int // -1: not counted yet
	prev     Value
	current  Value
	after    Value // read ahead; nil if not
	changed  []Value
	again    func(Value, int) Value // the body of a recursive loop
}

// advance is the next item.
func (l *loop) advance() (Value, bool) {
	v := l.after
	l.after = nil
	if v == nil {
		var ok bool
		if v, ok = l.next(); !ok {
			return nil, false
		}
	}
	l.index0++
	l.prev, l.current = l.current, v
	return v, true
}

// peek is the item after the current one, nil at the end.
func (l *loop) peek() Value {
	if l.after == nil {
		if v, ok := l.next(); ok {
			l.after = v
		}
	}
	return l.after
}

func (l *loop) length() int {
	if l.size < 0 {
		if n, ok := l.r.sized(l.iterable); ok {
			l.size = n
		} else {
			rest := l.r.drain(l.next)
			l.next = l.r.each(&list{items: rest})
			l.size = len(rest) + l.index0 + 1
			if l.after != nil {
				l.size++
			}
		}
	}
	return l.size
}

// attr is an attribute, nil if there is none.
func (l *loop) attr(name string) Value {
	switch name {
	case "index":
		return l.index0 + 1
	case "index0":
		return l.index0
	case "revindex":
		return l.length() - l.index0
	case "revindex0":
		return l.length() - l.index0 - 1
	case "first":
		return l.index0 == 0
	case "last":
		return l.peek() == nil
	case "length":
		return l.length()
	case "depth":
		return l.depth0 + 1
	case "depth0":
		return l.depth0
	case "previtem":
		if l.index0 == 0 {
			return &undefined{"there is no previous item"}
		}
		return l.prev
	case "nextitem":
		if v := l.peek(); v != nil {
			return v
		}
		return &undefined{"there is no next item"}
	case "cycle":
		return native("cycle", "*", 0, func(a *args) Value {
			if len(a.pos) == 0 {
				a.r.fail("no items for cycling given")
			}
			return a.pos[l.index0%len(a.pos)]
		})
	case "changed":
		return native("changed", "*", 0, func(a *args) Value {
			if l.changed != nil && a.r.equal(&list{items: l.changed}, &list{items: a.pos}) {
				return false
			}
			l.changed = append([]Value{}, a.pos...)
			return true
		})
	}
	return nil
}

func (r *rendering) forLoop(st *forLoop, a *activation) signal {
	v := r.eval(st.iter, a)
	r.line = st.line
	if !st.recursive {
		return r.loop(st, v, a, 0, nil)
	}
	var run func(v Value, depth int) Value
	run = func(v Value, depth int) Value {
		r.enterCall()
		defer r.leaveCall()
		r.pay(costItem * st.cells)
		inner := &activation{cells: make([]Value, st.cells), outer: a}
		return r.captured(func() { r.loop(st, v, inner, depth, run) })
	}
	r.out.add(run(v, 0).(str))
	return done
}

// loop runs the body for every item of v.
func (r *rendering) loop(st *forLoop, v Value, a *activation, depth int, again func(Value, int) Value) signal {
	l := &loop{r: r, iterable: v, next: r.each(v), index0: -1, depth0: depth, size: -1, again: again}
	if st.test != nil {
		l.iterable = nil
		inner := l.next
		r.enter(st.skip, a)
		l.next = func() (Value, bool) {
			for {
				v, ok := inner()
				if !ok {
					return nil, false
				}
				r.assign(st.skipTarget, v, a, st.line)
				if truth(r.eval(st.test, a)) {
					return v, true
				}
			}
		}
	}
	empty := true
	for {
		r.pay(costStep)
		r.line = st.line
		item, ok := l.advance()
		if !ok {
			break
		}
		r.enter(st.each, a)
		r.assign(st.target, item, a, st.line)
		if st.loop != nil {
			*a.at(*st.loop) = l
		}
		s := r.all(st.body, a)
		if s == breaking {
			break
		}
		empty = empty && s != done // else follows a loop of which no turn came to its end
	}
	if empty && st.otherwise != nil {
		r.enter(st.none, a)
		return r.all(st.otherwise, a)
	}
	return done
}
