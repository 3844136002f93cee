package chat

import (
	"strings"
	"testing"
)

func TestFromConfig(t *testing.T) {
	const template = `"chat_template": "{{ bos_token }}|{{ eos_token }}|{{ pad_token }}|{{ unk_token }}"`
	for _, c := range []struct{ name, config, jinja, special, want string }{
		{"strings", `{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": false, ` + template + `}`, "", "", "<s>|</s>||"},
		{"objects", `{"bos_token": {"content": "<s>", "lstrip": false}, "pad_token": null, ` + template + `}`, "", "", "<s>|||"},
		{"older map", `{"bos_token": "<s>", "pad_token": "<p>", ` + template + `}`, "", `{"bos_token": "<b>", "unk_token": {"content": "<u>"}, "pad_token": null}`, "<b>|||<u>"},
		{"newer configuration", `{"added_tokens_decoder": {}, "bos_token": "<s>", ` + template + `}`, "", `{"bos_token": "no", "unk_token": {"content": "<u>"}}`, "<s>|||"},
		{"file wins", `{"bos_token": "<s>", ` + template + `}`, "{{ bos_token }}!", "", "<s>!"},
		{"file alone", "", "{{ bos_token }}!", `{"bos_token": "<s>"}`, "<s>!"},
		{"named", `{"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}`, "", "", "d"},
	} {
		tm, err := FromConfig([]byte(c.config), []byte(c.jinja), []byte(c.special))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got, err := tm.Render(user, true); err != nil || got.Text != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got.Text, err, c.want)
		}
	}
}

func TestFromConfigWithoutTemplate(t *testing.T) {
	for _, config := range []string{"", "{}", `{"bos_token": "<s>"}`, `{"chat_template": null}`} {
		if tm, err := FromConfig([]byte(config), nil, nil); tm != nil || err != nil {
			t.Errorf("%q: got %v, %v", config, tm, err)
		}
	}
}

func TestFromConfigErrors(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`{"chat_template": 1}`, "tokenizer_config.json: chat_template: neither"},
		{`{"chat_template": [{"name": "x", "template": "y"}]}`, `"default"`},
		{`{"chat_template": "x"`, "tokenizer_config.json: offset 21"},
		{`{"chat_template": "{{"}`, "chat_template: line 1"},
	} {
		if _, err := FromConfig([]byte(c.config), nil, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %q", c.config, err, c.want)
		}
	}
}
