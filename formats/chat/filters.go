package chat

import (
	"strings"
	"unicode/utf8"

	"github.com/mitsuhiko/minijinja/minijinja-go/v2"
	"github.com/mitsuhiko/minijinja/minijinja-go/v2/filters"
	"github.com/mitsuhiko/minijinja/minijinja-go/v2/value"
)

// listing filters make a list of their input, or look at all of it.
var listing = map[string]minijinja.FilterFunc{
	"list": filters.FilterList, "reverse": filters.FilterReverse, "sort": filters.FilterSort,
	"join": join, "map": filters.FilterMap, "first": filters.FilterFirst, "last": filters.FilterLast,
	"select": filters.FilterSelect, "reject": filters.FilterReject,
	"selectattr": filters.FilterSelectAttr, "rejectattr": filters.FilterRejectAttr,
	"min": filters.FilterMin, "max": filters.FilterMax,
	"items": filters.FilterItems, "dictsort": filters.FilterDictSort,
}

// plain filters cost about as much as their input is long.
var plain = map[string]minijinja.FilterFunc{
	"upper": filters.FilterUpper, "lower": filters.FilterLower, "title": filters.FilterTitle,
	"capitalize": filters.FilterCapitalize, "string": filters.FilterString, "safe": filters.FilterSafe,
	"abs": filters.FilterAbs, "int": filters.FilterInt, "float": filters.FilterFloat,
	"round": filters.FilterRound, "bool": filters.FilterBool, "attr": filters.FilterAttr,
}

// refused filters are the engine's own with an unbounded or quadratic cost, or
// that Jinja does not have.
var refused = []string{
	"format", "escape", "e", "split", "lines", "unique", "batch", "slice", "groupby", "chain", "zip",
	"pprint", "urlencode", "sum",
}

func addFilters(env *minijinja.Environment, m *meter) {
	charge := func(cost func(value.Value) error) minijinja.FilterFunc {
		return func(_ minijinja.FilterState, v value.Value, _ []value.Value, _ map[string]value.Value) (value.Value, error) {
			return v, cost(v)
		}
	}
	env.AddFilter("_value", charge(func(v value.Value) error { return m.deep(v, 0) }))
	env.AddFilter("_at", charge(m.shallow))
	env.AddFilter("_each", charge(m.listed))
	env.AddFilter("_number", charge(m.scalar))
	env.AddFilter("_method", func(_ minijinja.FilterState, v value.Value, args []value.Value, kwargs map[string]value.Value) (value.Value, error) {
		name, _ := args[0].AsString()
		return methods[name](call{m, v, args[1:], kwargs})
	})
	as := func(method func(call) (value.Value, error)) minijinja.FilterFunc {
		return func(_ minijinja.FilterState, v value.Value, args []value.Value, kwargs map[string]value.Value) (value.Value, error) {
			return method(call{m, v, args, kwargs})
		}
	}
	env.AddFilter("trim", as(call.trim))
	env.AddFilter("replace", as(call.replace))
	env.AddFilter("indent", as(call.indent))
	env.AddFilter("tojson", as(call.tojson))
	env.AddFilter("length", as(call.length))
	env.AddFilter("count", as(call.length))
	env.AddFilter("default", filters.FilterDefault)
	env.AddFilter("d", filters.FilterDefault)

	charged := func(f minijinja.FilterFunc, cost func(value.Value) error) minijinja.FilterFunc {
		return func(st minijinja.FilterState, v value.Value, args []value.Value, kwargs map[string]value.Value) (value.Value, error) {
			if err := cost(v); err != nil {
				return value.Undefined(), err
			}
			if len(args) > 0 { // the separator of join goes between all elements
				if s, ok := args[0].AsString(); ok {
					if err := m.spend(len(s) * width(v)); err != nil {
						return value.Undefined(), err
					}
				}
			}
			return f(st, v, args, kwargs)
		}
	}
	for name, f := range listing {
		env.AddFilter(name, charged(f, m.listed))
	}
	for name, f := range plain {
		env.AddFilter(name, charged(f, func(v value.Value) error { return m.deep(v, 0) }))
	}
	for _, name := range refused {
		env.AddFilter(name, func(minijinja.FilterState, value.Value, []value.Value, map[string]value.Value) (value.Value, error) {
			return value.Undefined(), invalid("filter " + name + " is not supported in chat templates")
		})
	}
}

// trim is strip of whatever prints: Jinja trims str(value).
func (c call) trim() (value.Value, error) {
	if err := c.m.deep(c.self, 0); err != nil {
		return value.Undefined(), err
	}
	c.self = value.FromString(c.self.String())
	return c.strip(true, true)
}

func (c call) length() (value.Value, error) {
	if err := c.m.shallow(c.self); err != nil {
		return value.Undefined(), err
	}
	if s, ok := c.self.AsString(); ok {
		return value.FromInt(int64(utf8.RuneCountInString(s))), nil
	}
	n, ok := c.self.Len()
	if !ok && !c.self.IsUndefined() {
		return value.Undefined(), invalid(c.self.Kind().String() + " has no length")
	}
	return value.FromInt(int64(n)), nil
}

// indent is Jinja's: every line but the first (unless first), and no blank one
// (unless blank), gets width spaces in front.
func (c call) indent() (value.Value, error) {
	s, err := c.text()
	if err != nil {
		return value.Undefined(), err
	}
	option := func(i int, name string, otherwise value.Value) value.Value {
		if i < len(c.args) {
			return c.args[i]
		}
		if v, ok := c.kwargs[name]; ok {
			return v
		}
		return otherwise
	}
	width := option(0, "width", value.FromInt(4))
	pad, given := width.AsString()
	if !given {
		n, _ := width.AsInt()
		pad = strings.Repeat(" ", int(min(max(n, 0), 256)))
	}
	if err := c.m.spend((strings.Count(s, "\n") + 1) * len(pad)); err != nil {
		return value.Undefined(), err
	}
	no := value.FromBool(false)
	first, blank := option(1, "first", no).IsTrue(), option(2, "blank", no).IsTrue()
	var b strings.Builder
	for i, line := range strings.SplitAfter(s, "\n") {
		if (i > 0 || first) && (blank || strings.TrimSuffix(line, "\n") != "") {
			b.WriteString(pad)
		}
		b.WriteString(line)
	}
	return value.FromString(b.String()), nil
}

// join leaves undefined elements empty and prints the others.
func join(st minijinja.FilterState, v value.Value, args []value.Value, kwargs map[string]value.Value) (value.Value, error) {
	if sep, ok := kwargs["d"]; ok && len(args) == 0 {
		args, kwargs = []value.Value{sep}, nil
	}
	return filters.FilterJoin(st, v, args, kwargs)
}
