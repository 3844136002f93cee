package jinja

import (
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"testing"
)

// testWork is a small budget for hostile templates: what costs too little for its
// size shows with it as it does with the real one, in less time.
const testWork = 4 << 20

// attack renders a template within testWork, checks that it allocated at most
// limit bytes, which is what the budget is for, and returns its error.
func attack(t *testing.T, source string, limit uint64) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tm, err := Parse(source)
	if err == nil {
		// The budget is linear in the size of the variables, also below 0.
		_, _, err = tm.Render(operands, (testWork-maxWork)/workPerByte, clock)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > limit {
		t.Errorf("allocates %d MiB: %v", n>>20, err)
	}
	if err != nil && strings.Contains(err.Error(), "engine failed") {
		t.Errorf("panics: %v", err)
	}
	return err
}

// operands are what the operations below work on: s and t of 100 000 bytes, e of
// 50 000 code points in as many, w of 50 000 words, v of as many lines, l and m of
// 10 000 numbers, c and d of as many entries, b of 4 000 digits, g of
// 19 000.
var operands = func() map[string]Value {
	numbers := make([]Value, 10_000)
	c, d := NewDict(), NewDict()
	for i := range numbers {
		numbers[i] = i
		c.Set(fmt.Sprint(i), 1)
		d.Set(fmt.Sprint(i), 1)
	}
	return map[string]Value{
		"message": NewDict("role", Input("user"), "content", Input("hi")),
		"s":       String(strings.Repeat("x", 100_000)),
		"t":       String(strings.Repeat("x", 99_999) + "y"),
		"e":       String(strings.Repeat("é", 50_000)),
		"w":       String(strings.Repeat("a ", 50_000)),
		"v":       String(strings.Repeat("a\n", 50_000)),
		"l":       List(numbers...),
		"m":       List(numbers...),
		"c":       c,
		"d":       d,
		"b":       new(big.Int).Exp(big.NewInt(10), big.NewInt(3999), nil),
		"g":       new(big.Int).Exp(big.NewInt(10), big.NewInt(18999), nil),
	}
}()

// Operations whose time or space grows with their operands.
var operations = []string{
	// text
	"s ~ t", "s + t", "s * 2", "s == t", "s < t", "t in s", "s[1:]", "s[7]", "e[1:]", "e[49999]", "e|length", "s[::-1]",
	"s|reverse", "e|list", "e|first if false else e|last",
	"s.upper()", "s|upper", "s|lower", "s.title()", "s|title", "s|capitalize", "s.swapcase()", "s.casefold()",
	"s.strip('y')", "s.strip('yx')", "s|trim('x')", "w.rstrip()",
	"s.replace('x', '')", "s.replace('y', 'z')", "s|replace('x', 'yy')", "s.count('y')", "s.count(t)", "s.find('y')",
	"s.find(t)", "s.rfind('y')", "s.startswith(s)", "s.endswith(s)",
	"w.split()", "s.split()", "w.split(' ')", "w.rsplit(none, 1)", "s.split('y')", "s.partition('y')",
	"s.rpartition('y')", "v.splitlines()", "s.splitlines()", "s.isdigit()", "s.isalpha()", "s.isupper()",
	"s.isprintable()", "s is lower",
	"s.center(100010)", "s.zfill(100010)", "s.ljust(100010, 'é')", "s.expandtabs()", "s.join(['a', 'b'])", "'%s' % s",
	"'%r' % s", "'{}'.format(s)", "'{:>100010}'.format(s)", "s|format(1) if false else s % ()",
	"s|indent", "v|indent", "s|truncate(5)", "s|wordcount", "s|escape", "s|urlencode", "s|striptags", "s|tojson",
	"e|tojson(ensure_ascii=true)", "[s]|string", "s|center(100010)", "s|int", "s|float", "{s: 1}", "{}[s]", "{}.get(s)",
	"d[s]", "message|attr(s)",
	"strftime_now(s)", "strftime_now('%Y' * 1000)",
	// lists and mappings
	"l + m", "l * 2", "l[1:]", "l[::-1]", "l|list", "-1 in l", "l == m", "l < m", "l.index(9999)", "l.count(-1)",
	"l|join", "l|join(s[:100])", "l|sort", "l|sort(reverse=true)", "l|unique|list", "l|min", "l|max", "l|sum",
	"l|reverse|list", "l|string", "l|tojson", "l|map('string')|list", "l|select('gt', 5)|list", "l|select('in', m)|list",
	"l|batch(2)|list", "l|slice(2)|list", "l|map('abs')|sum", "[l, m]|sum(start=[])", "[l, m]|sort", "[s, t]|sort",
	"[s, t]|unique|list", "[s, t]|max", "[{'a': s}, {'a': t}]|groupby('a')", "[{'a': s}, {'a': t}]|sort(attribute='a')",
	"range(10000)|list", "range(0, 10000)[1:]|list", "0.5 in range(10000)", "d.copy()", "dict(d)", "dict(d, a=1)",
	"d|list", "d.items()|list", "d.values()|list", "d|dictsort", "c == d", "d|tojson", "d|string", "namespace(d)",
	"cycler(*l)", "dict(l|batch(2)|list)", "d|items|list",
	// numbers
	"b * b", "g // 7", "g % (g - 1)", "g - g", "g + 1", "g == g + 1", "b ** 4", "b|string", "('7' * 4000)|int",
	"'%d' % b", "'{:,}'.format(b)", "'%4000d' % 1",
}

// TestOperationsPay does each operation often enough to touch far more than the
// budget: unless it pays for the size of its operands, it gets through.
func TestOperationsPay(t *testing.T) {
	for _, op := range operations {
		t.Run(op, func(t *testing.T) {
			err := attack(t, "{% for i in range(600) %}{% set x = "+op+" %}{% endfor %}", 8*testWork)
			if err == nil || !strings.Contains(err.Error(), "too much work") {
				t.Errorf("600 times: %v", err)
			}
		})
	}
}

// What asks for much at once, and what its error says.
var outbursts = []struct{ source, want string }{
	{"{{ range(10000)|join('x' * 100000) }}", work},
	{"{{ ('x' * 100000).join('x' * 100000) }}", work},
	{"{{ ('x' * 10000000000)|length }}{{ 100000000000 * 'ab' }}", work},
	{"{{ [0] * 10000000000 }}", work},
	{"{{ (0,) * 4611686018427387904 }}", work},
	{"{{ 'x'.center(10000000000) }}", work},
	{"{{ 'x'|center(9223372036854775807) }}", work},
	{"{{ 'x'.ljust(10000000000, 'é') }}", work},
	{"{{ 'x'.zfill(10000000000) }}", work},
	{"{{ ('\t' * 1000).expandtabs(1000000000) }}", work},
	{"{{ '%10000000000d' % 1 }}", ""},
	{"{{ '%*d' % (1000000000, 1) }}", ""},
	{"{{ '%.1000000000f' % 1.5 }}", ""},
	{"{{ '%1000000000s' % 'x' }}", ""},
	{"{{ '%" + strings.Repeat("9", 50000) + "d' % 1 }}", ""},
	{"{{ '{:1000000000}'.format(1) }}", ""},
	{"{{ '{:{}}'.format('x', 1000000000) }}", ""},
	{"{{ '{:.1000000000f}'.format(1.5) }}", ""},
	{"{{ ('{0' + '[0]' * 100000 + '}').format(['x']) }}", work},
	{"{{ ('{0}' * 100000).format('x' * 100000) }}", work},
	{"{{ ('x' * 100000).replace('x', 'x' * 100000) }}", work},
	{"{{ ('x' * 100000).replace('', 'x' * 100000) }}", work},
	{"{{ ('\n' * 100000)|indent(100000) }}", work},
	{"{{ ('\na' * 100000)|indent('x' * 100000) }}", work},
	{"{{ range(10000)|list|tojson(indent=100000) }}", ""},
	{"{{ range(10000)|list|tojson(separators=('x' * 100000, 'y')) }}", ""},
	{"{{ [1]|batch(1000000000, 0)|list }}", work},
	{"{{ [1]|slice(1000000000, 0)|list }}", work},
	{"{{ range(10 ** 18)|length }}", ""},
	{"{{ 10 ** 1000000000 }}", ""},
	{"{{ 9 ** 9 ** 9 ** 9 }}", ""},
	{"{% set n = namespace(x=3) %}{% for i in range(1000) %}{% set n.x = n.x * n.x %}{% endfor %}", ""},
	{"{{ '7' * 100000 }}{{ ('7' * 100000)|int }}", ""},
	{"{{ 1.5|round(1000000000) }}{{ 1.5|round(-1000000000) }}", ""},
	{"{% filter replace('x', 'x' * 100000) %}" + strings.Repeat("x", 10000) + "{% endfilter %}", work},
	{"{% for i in range(100000) %}" + strings.Repeat("y", 10000) + "{% endfor %}", work},
	{"{% set s = 'x' %}" + strings.Repeat("{% set s = s ~ s %}", 60), work},
	{"{% set n = namespace(s=[1]) %}{% for i in range(100) %}{% set n.s = n.s + n.s %}{% endfor %}", work},
	{"{% set n = namespace(s='x') %}{% for i in range(100) %}{% set n.s %}{{ n.s }}{{ n.s }}{% endset %}{% endfor %}", work},
	{"{% set n = namespace(s=[]) %}{% for i in range(100000) %}{% set n.s = n.s + [i] %}{% endfor %}", work},
	{"{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", work},
	{"{% for i in l %}{% for j in l if false %}{% endfor %}{% endfor %}", work},
	{"{% for i in l %}{{ loop.cycle(*l) }}{% endfor %}", work},
	{"{% macro m() %}{{ varargs|length }}{% endmacro %}{% for i in l %}{{ m(*l) }}{% endfor %}", work},
	{"{% macro m() %}{{ kwargs|length }}{% endmacro %}{% for i in range(10000) %}{{ m(**d) }}{% endfor %}", "named arguments"},
	{"{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(100) }}", work},
	{"{% for x in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}", ""},
	{"{% for x in range(100000) recursive %}{{ loop(range(100000)) if loop.depth < 5 }}{% endfor %}", work},
	{"{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}" + strings.Repeat("{% call m() %}", 40) + "x" + strings.Repeat("{% endcall %}", 40), work},
	{"{% set n = namespace(l=[]) %}{% for i in range(100) %}{% set n.l = n.l + [range(100000)|map('string')|map('list')|list] %}{% endfor %}", work},
	{"{% set n = namespace(l=[]) %}{% for i in range(100) %}{% set n.l = n.l + [range(100000)|batch(1)|list] %}{% endfor %}", work},
	{"{% set n = namespace(l=none) %}{% for i in range(100000) %}{% set n.l = namespace(l=n.l, a=1, b=2) %}{% endfor %}", work},
	{"{% set n = namespace(l=none) %}{% for i in range(100000) %}{% macro m() %}{{ i }}{% endmacro %}{% set n.l = [n.l, m] %}{% endfor %}", work},
	{"{% set m = (message.content[:1] ~ '-') * 50000 %}{% for i in range(1000) %}{% set x = m ~ 'x' %}{% endfor %}", work},
	{"{% set m = (message.content[:1] ~ '-') * 50000 %}{% for i in range(1000) %}{% set x = m|upper|replace('-', '+')|trim %}{% endfor %}", work},
	{"{% set m = (message.content[:1] ~ '-') * 50000 %}{% for i in range(10000) %}{% set x = m[i:i+10] %}{% endfor %}", work},

	// recursion
	{"{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}", deep},
	{"{% macro m(a=m()) %}{{ a }}{% endmacro %}{{ m() }}", deep},
	{"{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}", deep},
	{"{% macro m() %}{{ caller() }}{% endmacro %}{% macro k() %}{% call m() %}{{ k() }}{% endcall %}{% endmacro %}{{ k() }}", deep},
	{"{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", deep},
	{"{% block b %}{{ self.b() }}{% endblock %}", ""},
	{"{% set n = namespace(l=range(10)) %}{% for i in range(100000) %}{% set n.l = n.l|map('string') %}{% endfor %}{{ n.l|list }}", ""},

	// values that share their parts are small to hold and endless to walk
	{shared + "{{ n.s }}", work},
	{shared + "{{ n.s|tojson }}", work},
	{shared + "{{ '%s' % [n.s] }}", work},
	{shared + "{{ n.s == o.s }}", work},
	{shared + "{{ n.s < o.s }}", work},
	{shared + "{{ n.s in [o.s] }}", work},
	{shared + "{{ [n.s, o.s]|sort|length }}", work},
	{shared + "{{ [n.s, o.s]|unique|list|length }}", ""},
	{shared + "{{ raise_exception(n.s) }}", work},
	{"{% set n = namespace(s=('abc',)) %}{% for i in range(60) %}{% set n.s = (n.s, n.s) %}{% endfor %}{{ {n.s: 1}|length }}", work},
	{"{% set n = namespace(s={}) %}{% for i in range(60) %}{% set n.s = {'a': n.s, 'b': n.s} %}{% endfor %}{{ n.s }}", work},
	{"{% set n = namespace(s=[]) %}{% for i in range(10000) %}{% set n.s = [n.s] %}{% endfor %}{{ n.s }}", "nested more than"},
	{"{% set n = namespace(s={}) %}{% for i in range(10000) %}{% set n.s = {'a': n.s} %}{% endfor %}{{ n.s|tojson }}", "nested more than"},
	{"{% set n = namespace(s=[], t=[]) %}{% for i in range(10000) %}{% set n.s = [n.s] %}{% set n.t = [n.t] %}{% endfor %}{{ n.s == n.t }}", ""},
	{"{% set n = namespace() %}{% set n.n = [n, n] %}{{ n }}", ""},
	{"{% set n = namespace() %}{% set n.n = [n] %}{{ n.n|tojson }}", ""},
}

const (
	work = "too much work"
	deep = "inside one another"

	shared = "{% set n = namespace(s=['abc']) %}{% set o = namespace(s=['abc']) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% set o.s = [o.s, o.s] %}{% endfor %}"
)

func TestOutbursts(t *testing.T) {
	for i, c := range outbursts {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			err := attack(t, c.source, 8*testWork)
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%.200s: %v, want %q", c.source, err, c.want)
			}
		})
	}
}

// TestHostileSyntax parses and renders templates that are one construct over and
// over. Any answer will do that costs at most some hundred bytes for each of theirs.
func TestHostileSyntax(t *testing.T) {
	for _, c := range []struct{ before, repeated, middle, closed, after string }{
		{"{{ ", "[", "", "]", " }}"},
		{"{{ ", "(", "1", ")", " }}"},
		{"{{ ", "{1:", "1", "}", " }}"},
		{"{{ ", "not ", "1", "", " }}"},
		{"{{ ", "-", "1", "", " }}"},
		{"{{ ", "1 if 0 else ", "1", "", " }}"},
		{"{{ ", "1+", "1", "", " }}"},
		{"{{ ", "1~", "1", "", " }}"},
		{"{{ ", "1**", "1", "", " }}"},
		{"{{ ", "1 and ", "1", "", " }}"},
		{"{{ ", "1<", "1", "", " }}"},
		{"{{ 1", "|string", "", "", " }}"},
		{"{{ 1", " is odd", "", "", " }}"},
		{"{{ message", ".a", "", "", " }}"},
		{"{{ message", "[0]", "", "", " }}"},
		{"{{ message", "()", "", "", " }}"},
		{"{{ [", "1,", "", "", "] }}"},
		{"{{ f(", "1,", "", "", ") }}"},
		{"{{ f(", "a=1,", "", "", ") }}"},
		{"{{ {", "1:1,", "", "", "} }}"},
		{"{{ ", "'a' ", "", "", " }}"},
		{"{{ '", "\\u0041", "", "", "' }}"},
		{"{{ '", "\\", "", "", "' }}"},
		{"{{ ", "9", "", "", " }}"},
		{"{{ 0x", "f", "", "", " }}"},
		{"{{ ", "a", "", "", " }}"},
		{"", "{% if 1 %}", "", "{% endif %}", ""},
		{"", "{% for a in [1] %}", "", "{% endfor %}", ""},
		{"", "{% set a %}", "", "{% endset %}", ""},
		{"", "{% filter upper %}", "", "{% endfilter %}", ""},
		{"", "{% with %}", "", "{% endwith %}", ""},
		{"", "{% macro m() %}", "", "{% endmacro %}", ""},
		{"", "{% call m() %}", "", "{% endcall %}", ""},
		{"", "{% generation %}", "", "{% endgeneration %}", ""},
		{"{% if 0 %}", "{% elif 0 %}a", "", "", "{% endif %}"},
		{"{% set ", "a,", "a", "", " = 1 %}"},
		{"", "{% set a = 1 %}", "", "", ""},
		{"", "{% if 1 %} {% endif %} ", "", "", ""},
		{"", "{# x #}", "", "", ""},
		{"", "{#- -#} ", "", "", ""},
		{"", "{# ", "", "", ""},
		{"", "{{ ", "", "", ""},
		{"", "{{ '", "", "", ""},
		{"", "{% raw %}", "", "", ""},
		{"", "{%-", "", "", ""},
		{"", "\n", "", "", ""},
		{"", " ", "{% if 1 %}{% endif %}", "", ""},
		{"", "                                {# x #}", "", "", ""},
	} {
		t.Run(c.before+c.repeated, func(t *testing.T) {
			n := 50_000 / (len(c.repeated) + len(c.closed))
			source := c.before + strings.Repeat(c.repeated, n) + c.middle + strings.Repeat(c.closed, n) + c.after
			attack(t, source, 600*50_000)
		})
	}
}

// TestBudget renders some of the above with the budget that they really have.
func TestBudget(t *testing.T) {
	for _, source := range []string{
		"{% set s = 'x' * 1000000 %}{{ range(100000)|join(s) }}",
		"{{ ([d] * 100000)|sort(attribute='items.x' * 10000) }}",
		"{% for i in range(100000) %}{{ ([d] * 1000)|map(attribute='1' ~ '.x' * 10000, default='')|list }}{% endfor %}",
		"{% for i in l %}{{ -1 in l }}{% endfor %}",
		"{% set s = 'x' * 1000000 %}{% for i in range(1000) %}{{ s }}{% endfor %}",
	} {
		tm, err := Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := tm.Render(operands, 4, clock); err == nil {
			t.Errorf("%s: rendered", source)
		}
	}
}
