package jinja

import (
	"strings"
	"testing"
)

// FuzzRender holds whatever a template does to its bounds: the meter ends it, no
// clock does, and what it could not foresee is a defect.
func FuzzRender(f *testing.F) {
	f.Add("{% for m in messages %}{{ bos_token + m['content'] | trim }}{% endfor %}", "{{ x }}")
	f.Add("{% set ns = namespace(a=1) %}{% for m in messages[::-1] %}{% set ns.a = m.content.split('x')[-1] %}{% endfor %}{{ ns.a }}", "axb")
	f.Add("{% macro f(a, b=[1, {'k': none}]) %}{{ a ~ b|tojson(indent=2) }}{{ caller() }}{% endmacro %}{% call f('%5.1f' % 2.55) %}{{ '{:>9,}'.format(2**70) }}{% endcall %}", "é")
	f.Add("{% for x in [[1], [2, [3]]] recursive %}{{ loop(x) if x is iterable else x }}{{ loop.nextitem }}{% else %}-{% endfor %}", "")
	f.Add("{{ messages|map(attribute='content')|map('upper')|sort|unique|join(',')|replace('', messages) }}", "ß\u0130\xff")
	f.Add("{%- raw -%} x {% endraw %}{# {# #}{{- 1_0.5e-1 // -3 % 2 ** -1 -}}", "\n")
	f.Fuzz(func(t *testing.T, source, content string) {
		tm, err := Parse(source)
		check := func(err error) {
			if e, ok := err.(*Error); err != nil && (!ok || strings.Contains(e.Msg, "engine failed")) {
				t.Errorf("%q: %v", source, err)
			}
		}
		if check(err); err != nil {
			return
		}
		vars := map[string]Value{
			"messages":  List(NewDict("role", String("user"), "content", Input(content))),
			"bos_token": String("<s>"), "tools": None, "add_generation_prompt": true,
		}
		text, input, err := tm.Render(vars, len(content), clock)
		if check(err); len(text) > MaxText {
			t.Errorf("%d bytes", len(text))
		}
		at := -1
		for _, sp := range input {
			if sp.Lo <= at || sp.Hi <= sp.Lo || sp.Hi > len(text) {
				t.Errorf("%q: spans %v of %d bytes", source, input, len(text))
			}
			at = sp.Hi
		}
	})
}
