package chat

import (
	"strings"
	"unicode/utf8"

	"github.com/mitsuhiko/minijinja/minijinja-go/v2/value"
)

// list makes a value of strings and charges it.
func (c call) list(parts []string) (value.Value, error) {
	if err := c.m.spend(2 * nodeCost * len(parts)); err != nil {
		return value.Undefined(), err
	}
	out := make([]value.Value, len(parts))
	for i, p := range parts {
		out[i] = value.FromString(p)
	}
	return value.FromSlice(out), nil
}

func (c call) split() (value.Value, error) {
	s, err := c.text()
	if err != nil {
		return value.Undefined(), err
	}
	sep, given, err := c.arg(0, "sep")
	if err != nil {
		return value.Undefined(), err
	}
	limit := c.limit(1, "maxsplit")
	// Each part costs a string header before it can be counted.
	if err := c.m.spend(16 * len(s)); err != nil {
		return value.Undefined(), err
	}
	if given {
		if sep == "" {
			return value.Undefined(), invalid("split wants a separator that is not empty")
		}
		if limit >= 0 {
			limit++
		}
		return c.list(strings.SplitN(s, sep, limit))
	}
	return c.list(fields(s, limit))
}

// fields splits at white space, at most limit times; the rest keeps its end.
func fields(s string, limit int) []string {
	var parts []string
	for s = strings.TrimLeftFunc(s, space); s != ""; s = strings.TrimLeftFunc(s, space) {
		n := strings.IndexFunc(s, space)
		if n < 0 || limit >= 0 && len(parts) == limit {
			return append(parts, s)
		}
		parts, s = append(parts, s[:n]), s[n:]
	}
	return parts
}

func (c call) splitlines() (value.Value, error) {
	s, err := c.text()
	if err != nil {
		return value.Undefined(), err
	}
	if err := c.m.spend(16 * len(s)); err != nil {
		return value.Undefined(), err
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	if s = strings.TrimSuffix(s, "\n"); s == "" {
		return c.list(nil)
	}
	return c.list(strings.Split(s, "\n"))
}

func (c call) replace() (value.Value, error) {
	s, err := c.text()
	if err != nil {
		return value.Undefined(), err
	}
	old, ok, err := c.arg(0, "old")
	if err != nil || !ok {
		return value.Undefined(), invalid("replace wants two strings")
	}
	fresh, ok, err := c.arg(1, "new")
	if err != nil || !ok {
		return value.Undefined(), invalid("replace wants two strings")
	}
	if err := c.m.spend(len(s) + strings.Count(s, old)*len(fresh)); err != nil {
		return value.Undefined(), err
	}
	return value.FromString(strings.Replace(s, old, fresh, c.limit(2, "count"))), nil
}

func (c call) find() (value.Value, error) {
	s, err := c.text()
	if err != nil {
		return value.Undefined(), err
	}
	sub, _, err := c.arg(0, "")
	at := strings.Index(s, sub)
	if at > 0 {
		at = utf8.RuneCountInString(s[:at])
	}
	return value.FromInt(int64(at)), err
}

func (c call) count() (value.Value, error) {
	s, err := c.text()
	if err != nil {
		return value.Undefined(), err
	}
	sub, _, err := c.arg(0, "")
	return value.FromInt(int64(strings.Count(s, sub))), err
}

func (c call) join() (value.Value, error) {
	sep, err := c.text()
	if err != nil || len(c.args) == 0 {
		return value.Undefined(), invalid("join wants a list of strings")
	}
	if err := c.m.listed(c.args[0]); err != nil {
		return value.Undefined(), err
	}
	if err := c.m.spend(len(sep) * width(c.args[0])); err != nil {
		return value.Undefined(), err
	}
	var parts []string
	for _, v := range c.args[0].Iter() {
		s, ok := v.AsString()
		if !ok {
			return value.Undefined(), invalid("join wants a list of strings")
		}
		parts = append(parts, s)
	}
	return value.FromString(strings.Join(parts, sep)), nil
}
