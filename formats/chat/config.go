package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"llada/formats"
)

// FromConfig finds the template of a checkpoint: chatTemplate is the content of
// chat_template.jinja and wins over the entry chat_template of
// tokenizer_config.json. specialTokensMap names special tokens that
// tokenizer_config.json does not. Each may be nil. A checkpoint without a
// template gives nil, nil.
func FromConfig(tokenizerConfig, chatTemplate, specialTokensMap []byte) (*Template, error) {
	tokens := map[string]string{}
	var source string
	for _, f := range []struct {
		name string
		data []byte
	}{{"special_tokens_map.json", specialTokensMap}, {"tokenizer_config.json", tokenizerConfig}} {
		if len(f.data) == 0 {
			continue
		}
		var entries map[string]json.RawMessage
		if err := json.Unmarshal(f.data, &entries); err != nil {
			return nil, &formats.ParseError{File: f.name, Offset: offset(err), Err: err}
		}
		for key, raw := range entries {
			if !strings.HasSuffix(key, "_token") {
				continue
			}
			if content, ok := special(raw); ok {
				tokens[key] = content
			}
		}
		if raw, ok := entries["chat_template"]; ok && f.name == "tokenizer_config.json" {
			s, err := chosen(raw)
			if err != nil {
				return nil, &formats.ParseError{File: f.name, Offset: -1, Err: err}
			}
			source = s
		}
	}
	if len(chatTemplate) > 0 {
		source = string(chatTemplate)
	}
	if source == "" {
		return nil, nil
	}
	return Parse(source, tokens)
}

// special reads a token given as "text" or {"content": "text", …}. Other
// entries whose name ends in _token, such as add_bos_token, are not tokens.
func special(raw json.RawMessage) (string, bool) {
	var s string
	if json.Unmarshal(raw, &s) == nil && string(raw) != "null" {
		return s, true
	}
	var object struct {
		Content *string `json:"content"`
	}
	if json.Unmarshal(raw, &object) == nil && object.Content != nil {
		return *object.Content, true
	}
	return "", false
}

// chosen is the template of an entry: a string, or the one called default in a
// list of named ones.
func chosen(raw json.RawMessage) (string, error) {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, nil
	}
	var list []struct{ Name, Template string }
	if err := json.Unmarshal(raw, &list); err != nil {
		return "", fmt.Errorf("chat_template: neither a string nor a list of named templates: %w", err)
	}
	for _, t := range list {
		if t.Name == "default" {
			return t.Template, nil
		}
	}
	return "", errors.New(`chat_template: no template is called "default"`)
}

func offset(err error) int64 {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Offset
	}
	return -1
}
