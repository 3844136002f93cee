package chat

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hostile templates try to hang, to exhaust memory or the stack, or to read what
// is not theirs. Each must end soon, with an error.
var hostile = []struct{ name, source string }{
	{"long range", "{% for i in range(1000000000) %}x{% endfor %}"},
	{"range overflow", "{% for i in range(-9000000000000000000, 9000000000000000000) %}x{% endfor %}"},
	{"nested loops", strings.Repeat("{% for i in range(1000) %}", 5) + "x" + strings.Repeat("{% endfor %}", 5)},
	{"nested silent loops", strings.Repeat("{% for i in range(99999) %}", 3) + strings.Repeat("{% endfor %}", 3)},
	{"string times number", "{{ 'x' * 10**9 }}"},
	{"number times string", "{{ 10**9 * 'x' }}"},
	{"list times number", "{{ [0] * 10**12 }}"},
	{"filtered times number", "{{ 'x'|upper * 10**9 }}"},
	{"number times filtered", "{{ 1000000000 * ['x']|join }}"},
	{"number times group", "{{ 1000000000 * ('x') }}"},
	{"number times call", "{{ 1000000000 * 'x'.upper() }}"},
	{"doubling", "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}"},
	{"doubling by tilde", "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}"},
	{"doubling by capture", "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set t %}{{ ns.s }}{{ ns.s }}{% endset %}{% set ns.s = t %}{% endfor %}"},
	{"doubling by join", "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s]|join %}{% endfor %}"},
	{"doubling by replace", "{% set ns = namespace(s='xx') %}{% for i in range(99) %}{% set ns.s = ns.s.replace('x', ns.s) %}{% endfor %}"},
	{"doubling by default", "{% macro f(s, n, t=s+s) %}{% if n %}{{ f(t, n-1) }}{% endif %}{% endmacro %}{{ f('xxxxxxxx', 60) }}"},
	{"doubling lists", "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}"},
	{"nesting lists", "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}"},
	{"joining characters", "{% set s %}{% for i in range(9999) %}0123456789{% endfor %}{% endset %}{{ s|join(s) }}"},
	{"method join", "{% set s %}{% for i in range(9999) %}0123456789{% endfor %}{% endset %}{{ s.join(s) }}"},
	{"listing characters", "{% set s %}{% for i in range(99999) %}0123456789{% endfor %}{% endset %}{% for i in range(99999) %}{% set l = s|list %}{% endfor %}"},
	{"looping over characters", "{% set s %}{% for i in range(99999) %}0123456789{% endfor %}{% endset %}{% for i in range(99999) %}{% for c in s %}{% break %}{% endfor %}{% endfor %}"},
	{"searching", "{% set s %}{% for i in range(99999) %}0123456789{% endfor %}{% endset %}{% for i in range(99999) %}{% if 'z' in s %}{% endif %}{% endfor %}"},
	{"subscripts", "{% set s %}{% for i in range(99999) %}0123456789{% endfor %}{% endset %}{% for i in range(99999) %}{% set c = s[0] %}{% endfor %}"},
	{"literal text", "{% set s %}{% for i in range(99999) %}" + strings.Repeat("0123456789", 9999) + "{% endfor %}{% endset %}"},
	{"output", "{% for i in range(99999) %}" + strings.Repeat("0123456789", 99) + "{% endfor %}"},
	{"cycle", "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}"},
	{"cycle through a list", "{% set ns = namespace() %}{% set ns.a = [ns] %}{{ ns.a }}{{ ns.a == ns.a }}"},
	{"printing functions", "{{ range }}"},
	{"recursive macro", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"},
	{"deeply recursive macro", "{% macro f(n) %}" + strings.Repeat("{% if true %}", 90) + "{{ " + strings.Repeat("not ", 300) + "f(n) }}" +
		strings.Repeat("{% endif %}", 90) + "{% endmacro %}{{ f(1) }}"},
	{"recursive loop", "{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}"},
	{"self", "{% block a %}{{ self.a() }}{% endblock %}"},
	{"brackets", "{{ " + strings.Repeat("(", 100000) + strings.Repeat(")", 100000) + " }}"},
	{"lists", "{{ " + strings.Repeat("[", 300) + strings.Repeat("]", 300) + " }}"},
	{"nots", "{{ " + strings.Repeat("not ", 200000) + "x }}"},
	{"signs", "{{ " + strings.Repeat("-", 200000) + "1 }}"},
	{"sums", "{{ 1" + strings.Repeat("+1", 200000) + " }}"},
	{"conditions", "{{ " + strings.Repeat("1 if 0 else ", 50000) + "1 }}"},
	{"filters", "{{ 'x'" + strings.Repeat("|trim", 100000) + " }}"},
	{"subscript chain", "{{ x" + strings.Repeat("[0]", 100000) + " }}"},
	{"method chain", "{{ 'x'" + strings.Repeat(".strip()", 300) + " }}"},
	{"statements", strings.Repeat("{% if true %}", 50000) + strings.Repeat("{% endif %}", 50000)},
	{"branches", "{% if false %}" + strings.Repeat("{% elif false %}", 50000) + "{% endif %}"},
	{"include", "{% include '/etc/passwd' %}"},
	{"import", "{% import '/etc/passwd' as x %}"},
	{"from", "{% from '/etc/passwd' import x %}"},
	{"extends", "{% extends '/etc/passwd' %}"},
	{"call", "{% call f() %}{% endcall %}"},
	{"format", "{{ '%1000000000d'|format(1) }}"},
	{"lipsum", "{{ lipsum(n=1000000) }}"},
	{"large template", strings.Repeat(" ", maxTemplate+1)},
}

func TestHostile(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			text, err := render(c.source, user, true)
			seconds := time.Since(start).Seconds()
			runtime.ReadMemStats(&after)
			megabytes := (after.TotalAlloc - before.TotalAlloc) >> 20
			if err == nil {
				t.Errorf("rendered %.100q", text)
			}
			// Generous for a loaded machine: each takes well under a second.
			if seconds > 20 || megabytes > 2000 {
				t.Errorf("took %.1f s and allocated %d MB", seconds, megabytes)
			}
			t.Logf("%.2f s, %d MB: %.200v", seconds, megabytes, err)
		})
	}
}

// TestLargeConversation keeps the limits away from honest use.
func TestLargeConversation(t *testing.T) {
	var messages []Message
	for range 500 {
		messages = append(messages, Message{"user", strings.Repeat("word ", 400)}, Message{"assistant", strings.Repeat("word ", 400)})
	}
	prompt, err := llada(t).Render(messages, true)
	if text := prompt.Text; err != nil || len(text) < 1_900_000 {
		t.Errorf("%d bytes, %v", len(prompt.Text), err)
	}
}

func FuzzRender(f *testing.F) {
	for _, c := range hostile {
		if len(c.source) < 500 {
			f.Add(c.source, "hi")
		}
	}
	f.Add("{% for m in messages %}{{ bos_token + m['content'] | trim }}{% endfor %}", "{{ x }}")
	f.Add("{% set ns = namespace(a=1) %}{% for m in messages[::-1] %}{% set ns.a = m.content.split('x')[-1] %}{% endfor %}{{ ns.a }}", "axb")
	f.Fuzz(func(t *testing.T, source, content string) {
		// The fuzzer itself waits for ever. An emulated processor is ten times as slow.
		patience := 10 * time.Second
		if os.Getenv("LLADA_TEST_EXEC") != "" {
			patience = 100 * time.Second
		}
		hang := time.AfterFunc(patience, func() { panic(fmt.Sprintf("hangs: %q", source)) })
		defer hang.Stop()
		text, err := render(source, []Message{{"user", content}}, true)
		if len(text) > maxText || err != nil && !strings.HasPrefix(err.Error(), "chat_template: ") {
			t.Errorf("%d bytes, %v", len(text), err)
		}
	})
}
