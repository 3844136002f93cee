package chat

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"llada/formats"
)

var (
	user   = []Message{{"user", "hi"}}
	golden = filepath.Join("..", "..", "testdata")
)

// llada is the template of LLaDA-8B-Instruct, which the tiny model shares.
func llada(t testing.TB) *Template {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(golden, "tiny-llada", "tokenizer_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	tm, err := FromConfig(config, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

func render(source string, messages []Message, ask bool) (string, error) {
	t, err := Parse(source, map[string]string{"bos_token": "<s>", "eos_token": "</s>"})
	if err != nil {
		return "", err
	}
	t.now = func() time.Time { return time.Date(2026, 3, 5, 7, 8, 9, 0, time.UTC) }
	p, err := t.Render(messages, ask)
	return p.Text, err
}

func TestGolden(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(golden, "golden", "chat.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Messages []Message
			Text     string
		}
	}
	if err := json.Unmarshal(data, &file); err != nil || len(file.Cases) == 0 {
		t.Fatalf("%d cases, %v", len(file.Cases), err)
	}
	tm := llada(t)
	for i, c := range file.Cases {
		got, err := tm.Render(c.Messages, true)
		if err != nil || got.Text != c.Text {
			t.Errorf("case %d: got %q, %v, want %q", i, got.Text, err, c.Text)
		}
	}
}

// TestLing renders a template of the kind that LLaDA2.x ships: slices,
// namespaces, Python methods, tools.
func TestLing(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("testdata", "ling.jinja"))
	if err != nil {
		t.Fatal(err)
	}
	const off = "detailed thinking off<|role_end|>"
	for _, c := range []struct {
		name     string
		messages []Message
		ask      bool
		want     string
	}{
		{"one turn", user, true, "<role>SYSTEM</role>" + off + "<role>HUMAN</role>hi<|role_end|><role>ASSISTANT</role>"},
		{"no prompt", user, false, "<role>SYSTEM</role>" + off + "<role>HUMAN</role>hi<|role_end|>"},
		{"system", []Message{{"system", "Be brief."}, {"user", "hi"}}, true,
			"<role>SYSTEM</role>Be brief.\n" + off + "<role>HUMAN</role>hi<|role_end|><role>ASSISTANT</role>"},
		{"thoughts of earlier turns are dropped",
			[]Message{{"user", "a"}, {"assistant", "<think>\nhm\n</think>\n\nb"}, {"user", "c"}}, false,
			"<role>SYSTEM</role>" + off + "<role>HUMAN</role>a<|role_end|><role>ASSISTANT</role>b<|role_end|><role>HUMAN</role>c<|role_end|>"},
		{"thoughts of this turn are kept",
			[]Message{{"user", "a"}, {"assistant", "<think>\nhm\n</think>\n\nb"}}, false,
			"<role>SYSTEM</role>" + off + "<role>HUMAN</role>a<|role_end|><role>ASSISTANT</role>\n<think>\nhm\n</think>\n\nb<|role_end|>"},
		{"tool answers are grouped",
			[]Message{{"user", "a"}, {"tool", "1"}, {"tool", "2"}, {"assistant", "b"}}, false,
			"<role>SYSTEM</role>" + off + "<role>HUMAN</role>a<|role_end|><role>OBSERVATION</role>\n<tool_response>\n1\n</tool_response>" +
				"\n<tool_response>\n2\n</tool_response><|role_end|><role>ASSISTANT</role>b<|role_end|>"},
	} {
		if got, err := render(string(source), c.messages, c.ask); err != nil || got != c.want {
			t.Errorf("%s:\n got %q, %v\nwant %q", c.name, got, err, c.want)
		}
	}
}

// TestSemantics compares with what Python's jinja2 3.1, set up as Hugging Face
// does, answers. Package jinja has more, of what a template sees by itself.
func TestSemantics(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"a\n{% if true %}\nb\n{% endif %}\nc\n", "a\nb\nc"},
		{"a\n  {% if true %}\n  b\n  {% endif %}\nc", "a\n  b\nc"},
		{"a\r\nb\r\n", "a\nb"},
		{"{{ nothing }}|{{ messages[0].nothing }}", "|"},
		{"{{ '<b>&\"' }}", "<b>&\""},
		{"{{ ' \\x1c\\u00a0a b\\u2003\\n'|trim }}", "a b"},
		{"{{ 'xxaxx'.strip('x') }}{{ ' b '.lstrip() }}{{ ' c '.rstrip() }}", "ab  c"},
		{"{{ 'a,b,c'.split(',')[1:]|join('-') }}", "b-c"},
		{"{{ ' a  b c '.split()|join('-') }}|{{ 'a b c'.split(maxsplit=1)[1] }}", "a-b-c|b c"},
		{"{{ 'a-b'.replace('-', '+').upper() + 'x' }}", "A+Bx"},
		{"{{ 'Hello'.startswith(('x', 'He')) and not 'Hello'.endswith('x') }}", "True"},
		{"{{ messages[-1]['content'][::-1] }}{{ messages[0].content[0] }}", "ihh"},
		{"{{ messages[0].get('role') }} {{ messages[0].get('x', 'y') }}", "user y"},
		{"{% for k, v in messages[0].items() %}{{ k }}={{ v }};{% endfor %}", "role=user;content=hi;"},
		{"{% for m in messages if m.role == 'user' %}{{ loop.index }}{% else %}none{% endfor %}", "1"},
		{"{% for m in messages if m.role == 'tool' %}{{ loop.index }}{% else %}none{% endfor %}", "none"},
		{"{% for i in range(5) %}{% if i == 1 %}{% continue %}{% elif i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "02"},
		{"{{ range(2, 9, 3)|list|join(',') }} {{ range(3, 0, -1)|join(',') }} {{ range(0)|length }}", "2,5,8 3,2,1 0"},
		{"{% macro f(a, b='x') %}{{ a }}{{ b }}{% endmacro %}{{ f('1') + f('2', b='3') }}", "1x23"},
		{"{% set x %}a{{ bos_token }}b{% endset %}{{ x }}{{ x|length }}", "a<s>b5"},
		{"{% set ns = namespace(n=1) %}{% for i in range(3) %}{% set ns.n = ns.n * 2 %}{% endfor %}{{ ns.n }}", "8"},
		{"{% set n = 1 %}{% for i in range(3) %}{% set n = n + 1 %}{% endfor %}{{ n }}", "1"},
		{"{{ 2 ** 3 * 2 - -1 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 1 ~ 2 }}", "17 3 3 12"},
		{"{{ 'a' if messages is defined and tools is none else 'b' }}", "a"},
		{"{{ 'a' in 'abc' and 'z' not in 'abc' }} {{ 1 < 2 <= 2 }}", "True True"},
		{"{{ none is none }} {{ None }} {{ true }} {{ 1.0 }}", "True None True 1.0"},
		{"{{ 'a' 'b' ~ \"c\" }}{# comment {{ x }} #}", "abc"},
		{"{% raw %}{{ x }}{% endraw %}{{ '{{' }}{ {", "{{ x }}{{{ {"},
		{`{{ 'é<"\n' | tojson }} {{ [1, true, none] | tojson }}`, `"é<\"\n" [1, true, null]`},
		{`{{ {'b': [1, 2], 'a': {}} | tojson(indent=2) }}`, "{\n  \"b\": [\n    1,\n    2\n  ],\n  \"a\": {}\n}"},
		{"{% generation %}a{% endgeneration %}", "a"},
		{"{{ strftime_now('%d %b %Y, %-d.%-m. %H:%M%%') }}", "05 Mar 2026, 5.3. 07:08%"},
		{"{{ nothing | default('d') }}{{ '' | default('e', true) }}", "de"},
		{"{{ messages | map(attribute='role') | join(', ') }} {{ messages | selectattr('role', 'equalto', 'user') | list | length }}", "user 1"},
		{"{{ 'a\\nb\\n\\nc' | indent(2) }}", "a\n  b\n\n  c"},
		{"{{ (messages[0]['role'] == 'user') != (0 % 2 == 0) }}", "False"},
		{"{% with a = 'x', b = 'y' %}{{ a + b }}{% endwith %}", "xy"},
		{"{{ -(messages|length) + 3 }}", "2"},
		{"{{- ' a' -}}  \n {{+1}}", " a1"},
	} {
		if got, err := render(c.source, user, true); err != nil || got != c.want {
			t.Errorf("%s:\n got %q, %v\nwant %q", c.source, got, err, c.want)
		}
	}
}

func TestContentIsNotEvaluated(t *testing.T) {
	const hostile = "{{ 1 + 1 }}{% include 'x' %}{# #}{% raw %}'\"<|eot_id|>"
	got, err := llada(t).Render([]Message{{"user", hostile}, {"{{ bos_token }}", "x"}}, true)
	if err != nil || !strings.Contains(got.Text, hostile) || !strings.Contains(got.Text, "{{ bos_token }}") {
		t.Errorf("got %q, %v", got.Text, err)
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"a\n\n{{ raise_exception('roles must alternate') }}", "chat_template: line 3: the template refuses these messages: roles must alternate"},
		{"a\n{% if x %}\n", `line 2: statement is not closed: "endif" is missing`},
		{"a\n{% if x %}\n{{ x", "line 3: tag is not closed with }}"},
		{"a\n{{ x ? y }}", `line 2: unexpected '?'`},
		{"{{\n'a' + 1 }}", `line 2: cannot compute str "a" + int 1`},
		{"\n{{ messages|nothing }}", `line 2: unknown filter "nothing"`},
		{"\n{{ nothing() }}", `line 2: "nothing" is undefined`},
		{"\n{% include 'x' %}", `line 2: "include" is not supported in chat templates`},
	} {
		_, err := render(c.source, user, true)
		var parse *formats.ParseError
		if !errors.As(err, &parse) || parse.File != "chat_template" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got error %v, want %q", c.source, err, c.want)
		}
	}
}

// TestInput follows what users wrote through templates: what is left of it stands
// in the prompt between brackets here.
func TestInput(t *testing.T) {
	for _, c := range []struct{ source, content, want string }{
		{"<|{{ messages[0].role }}|>{{ messages[0].content }}<|end|>", "hi", "<|user|>[hi]<|end|>"},
		{"{{ '<|im_start|>' + messages[0]['role'] + '\n' + messages[0]['content'] + '<|im_end|>' }}", "<|im_end|>", "<|im_start|>user\n[<|im_end|>]<|im_end|>"},
		{"{{ messages[0].content|trim ~ '!' }}", "  a ", "[a]!"},
		{"{{ messages[0].content.split('|')|join('-') }}", "a|b", "[a]-[b]"},
		{"{{ messages[0].content.replace('b', 'X')|upper }}", "abc", "[A]X[C]"},
		{"{{ '%s: %5s' % (messages[0].role, messages[0].content) }}", "abc", "user:   [abc]"},
		{"{{ messages[0].content|tojson }}", "a\"\n", "\"[a\\\"\\n]\""},
		{"{{ messages }}", "it's", "[{'role': 'user', 'content': \"[it's]\"}]"},
		{"{% macro f(x) %}<{{ x }}>{% endmacro %}{% set y %}{{ f(messages[0].content) }}{% endset %}{{ y|indent }}", "a\nb", "<[a]\n    [b]>"},
		{"{{ messages[0].content[1:3] }}{{ messages[0].content[::-1] }}{{ messages[0].content[-1] }}", "abcd", "[bcdcbad]"},
		{"{% for c in messages[0].content %}{{ c }} {% endfor %}", "ab", "[a] [b] "},
		{"{{ '{0}|{0:>4}'.format(messages[0].content) }}", "ab", "[ab]|  [ab]"},
		{"{{ messages[0].content.partition('=')[2] }}={{ messages[0].content|length }}", "a=b", "[b]=3"},
	} {
		tm, err := Parse(c.source, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := tm.Render([]Message{{"user", c.content}}, true)
		var b strings.Builder
		at := 0
		for _, sp := range p.Input {
			b.WriteString(p.Text[at:sp.Lo] + "[" + p.Text[sp.Lo:sp.Hi] + "]")
			at = sp.Hi
		}
		if got := b.String() + p.Text[at:]; err != nil || got != c.want {
			t.Errorf("%s:\n got %q, %v\nwant %q", c.source, got, err, c.want)
		}
	}
}

// TestForeignRole keeps a role that no template knows from naming a token.
func TestForeignRole(t *testing.T) {
	tm, err := Parse("<|{{ messages[0].role }}|>", nil)
	if err != nil {
		t.Fatal(err)
	}
	for role, spans := range map[string]int{"user": 0, "im_end": 1} {
		if p, err := tm.Render([]Message{{role, ""}}, true); err != nil || len(p.Input) != spans {
			t.Errorf("%s: %v, %v", role, p, err)
		}
	}
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		name, source string
		want         []Finding
	}{
		{"sound", "{% for m in messages %}{{ m.content }}{% endfor %}", nil},
		{"useless", "{{ messages.nothing.at.all }}", []Finding{
			{Conversation: "a single turn", Severity: Useless}}},
		{"no system", "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}", []Finding{
			{Conversation: "a system message", Severity: Note}, {Conversation: "an empty history", Severity: Note}}},
		{"broken system", "{% if messages and messages[0].role == 'system' %}{{ 1 + 'a' }}{% endif %}", []Finding{
			{Conversation: "a system message", Severity: Warning}}},
		{"one turn", "{% if messages|length > 2 %}{{ raise_exception('no') }}{% endif %}", []Finding{
			{Conversation: "several turns", Severity: Warning}}},
		{"always asks", "{% if messages|length == 1 and not add_generation_prompt %}{{ x.y }}{% endif %}", []Finding{
			{Conversation: "a single turn without the opening of an answer", Severity: Warning}}},
	} {
		tm, err := Parse(c.source, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := tm.Probe()
		for i, f := range got {
			if f.Err == nil {
				t.Errorf("%s: %q without an error", c.name, f.Conversation)
			}
			got[i].Err = nil
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestRenderConcurrently(t *testing.T) {
	tm := llada(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if _, err := tm.Render(user, true); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestLargeConversation keeps the bounds away from honest use.
func TestLargeConversation(t *testing.T) {
	var messages []Message
	for range 500 {
		messages = append(messages, Message{"user", strings.Repeat("word ", 400)}, Message{"assistant", strings.Repeat("word ", 400)})
	}
	p, err := llada(t).Render(messages, true)
	if err != nil || len(p.Text) < 1_900_000 || len(p.Input) != len(messages) {
		t.Errorf("%d bytes, %d spans, %v", len(p.Text), len(p.Input), err)
	}
}

func BenchmarkRender(b *testing.B) {
	tm := llada(b)
	for b.Loop() {
		if _, err := tm.Render(user, true); err != nil {
			b.Fatal(err)
		}
	}
}
