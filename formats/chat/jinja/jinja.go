package jinja

import (
	"time"

	"llada/formats"
)

// Template is a parsed template. It may be rendered by many goroutines.
type Template struct {
	body   []stmt
	blocks map[string]*block
	root   *frame
	cells  int
}

// Parse reads a template. Its error is an *Error with the line.
func Parse(source string) (t *Template, err error) {
	defer recovered(&err)
	if len(source) > MaxTemplate {
		fail(0, "template of %d bytes, more than %d", len(source), MaxTemplate)
	}
	p := newParser(source)
	t = &Template{blocks: p.blocks}
	p.strictly(func() { t.body, _ = p.statements() })
	t.root, t.cells = bind(t.body, t.blocks)
	return t, nil
}

// Render evaluates the template with variables, size bytes of text in all, at a
// time. It returns the text and the bytes of it that came from values made by
// Input: ascending, disjoint, none empty. Its error is an *Error.
func (t *Template) Render(vars map[string]Value, size int, now time.Time) (text string, input []formats.Span, err error) {
	defer recovered(&err)
	r := &rendering{t: t, vars: vars, left: maxWork + workPerByte*size, now: now}
	r.out = r.build()
	a := &activation{cells: make([]Value, t.cells)}
	r.enter(t.root, a)
	r.all(t.body, a)
	return string(r.out.b), r.out.in, nil
}

// rendering is the state of one evaluation.
type rendering struct {
	t      *Template
	vars   map[string]Value
	export map[string]Value // what the template set outside loops and macros
	out    *builder
	left   int   // units of work
	line   int   // being evaluated
	piped  Value // the operand of a filter that has none in the text
	depth  int
	calls  int
	now    time.Time
}

// activation is a call of a function: its cells, and those of the function that
// it stands in.
type activation struct {
	cells []Value
	outer *activation
}

func (a *activation) at(v variable) *Value {
	for range v.up {
		a = a.outer
	}
	return &a.cells[v.cell]
}

// enter gives the names of a scope their first values.
func (r *rendering) enter(f *frame, a *activation) {
	r.pay(len(f.loads))
	for _, l := range f.loads {
		switch {
		case l.alias != nil:
			a.cells[l.cell] = *a.at(*l.alias)
		case l.name != "":
			a.cells[l.cell] = r.resolve(l.name)
		default:
			a.cells[l.cell] = nil
		}
	}
}

// resolve finds a name that nothing around it sets.
func (r *rendering) resolve(name string) Value {
	if name == "self" {
		return &object{r.selfBlock, "<TemplateReference None>"}
	}
	if v, ok := r.export[name]; ok {
		return v
	}
	if v, ok := r.vars[name]; ok {
		return v
	}
	if g, ok := globals[name]; ok {
		return g
	}
	return nil
}

// captured runs a body with an output of its own.
func (r *rendering) captured(run func()) str {
	out := r.out
	r.out = r.build()
	run()
	s := r.out.str()
	r.out = out
	return s
}
