package jinja

// all runs statements until one jumps.
func (r *rendering) all(body []stmt, a *activation) signal {
	if r.depth++; r.depth > maxDepth {
		r.fail("statements nested too deeply")
	}
	defer func() { r.depth-- }()
	for _, st := range body {
		if s := r.exec(st, a); s != done {
			return s
		}
	}
	return done
}

func (r *rendering) exec(st stmt, a *activation) signal {
	r.pay(costStep)
	switch st := st.(type) {
	case *output:
		for _, e := range st.items {
			if c, ok := e.(*constant); ok {
				if s, ok := c.value.(str); ok {
					r.out.add(s)
					continue
				}
			}
			r.out.add(r.text(r.eval(e, a)))
		}
	case *conditionals:
		for _, b := range st.branches {
			if b.test == nil || truth(r.eval(b.test, a)) {
				return r.all(b.body, a)
			}
		}
	case *forLoop:
		return r.forLoop(st, a)
	case *assign:
		r.assign(st.target, r.eval(st.value, a), a, st.line)
	case *capture:
		r.enter(st.frame, a)
		var s signal
		v := Value(r.captured(func() { s = r.all(st.body, a) }))
		if s != done {
			return s
		}
		if st.filter != nil {
			v = r.filtered(st.filter, v, a)
		}
		r.assign(st.target, v, a, st.line)
	case *filtered:
		r.enter(st.frame, a)
		var s signal
		v := r.captured(func() { s = r.all(st.body, a) })
		if s != done {
			return s
		}
		r.out.add(r.text(r.filtered(st.filter, v, a)))
	case *with:
		values := make([]Value, len(st.values))
		for i, e := range st.values {
			values[i] = r.eval(e, a)
		}
		r.enter(st.frame, a)
		for i, t := range st.targets {
			r.assign(t, values[i], a, r.line)
		}
		return r.all(st.body, a)
	case *macro:
		r.assign(st.at, &macroValue{macro: st, outer: a}, a, st.line)
	case *callBlock:
		fn := r.eval(st.call.fn, a)
		args := r.arguments(&st.call.args, a)
		args.set("caller", &macroValue{macro: st.macro, outer: a})
		r.line = st.line
		r.out.add(r.text(r.call(fn, args)))
	case *generation:
		r.out.add(r.invoke(&macroValue{macro: st.macro, outer: a}, &args{r: r}).(str))
	case *block:
		r.block(st)
	case *jump:
		return st.signal
	}
	return done
}

// assign sets a target. A tuple takes as many values as it has names.
func (r *rendering) assign(target expr, v Value, a *activation, line int) {
	r.pay(costStep)
	switch t := target.(type) {
	case *store:
		*a.at(t.at) = v
		if t.export {
			if r.export == nil {
				r.export = map[string]Value{}
			}
			r.export[t.name] = v
		}
	case *field:
		r.line = line
		ns, ok := (*a.at(t.at)).(*namespace)
		if !ok {
			r.fail("cannot set %q: %q is no namespace", t.attr, t.name)
		}
		r.pay(costEntry)
		ns.attrs.Set(t.attr, v)
	case *sequence:
		r.line = line
		items := r.items(v)
		r.line = line
		if len(items) != len(t.items) {
			r.fail("cannot give %d values to %d names", len(items), len(t.items))
		}
		for i, t := range t.items {
			r.assign(t, items[i], a, line)
		}
	}
}

// block runs one as a function: it sees the context and what the template has set
// outside loops and macros.
func (r *rendering) block(b *block) {
	r.enterCall()
	defer r.leaveCall()
	r.pay(costItem * b.cells)
	inner := &activation{cells: make([]Value, b.cells)}
	r.enter(b.frame, inner)
	r.all(b.body, inner)
}

// selfBlock is an attribute of self: a block as a function.
func (r *rendering) selfBlock(name string) Value {
	b := r.t.blocks[name]
	if b == nil {
		return nil
	}
	return native(name, "", 0, func(*args) Value { return r.captured(func() { r.block(b) }) })
}

func (r *rendering) enterCall() {
	if r.calls++; r.calls > maxCalls {
		r.fail("more than %d macros or recursive loops inside one another", maxCalls)
	}
}

func (r *rendering) leaveCall() { r.calls-- }
