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
// tokenizer_config.json. Special tokens are those that tokenizer_config.json names;
// one without added_tokens_decoder is of a time when special_tokens_map.json had the
// last word (transformers: tokenization_utils_base.py, _from_pretrained). Each may
// be nil. A checkpoint without a template gives nil, nil.
func FromConfig(tokenizerConfig, chatTemplate, specialTokensMap []byte) (*Template, error) {
	entries, err := entriesOf("tokenizer_config.json", tokenizerConfig)
	if err != nil {
		return nil, err
	}
	tokens := map[string]string{}
	addNames(tokens, entries)
	if _, newer := entries["added_tokens_decoder"]; !newer {
		older, err := entriesOf("special_tokens_map.json", specialTokensMap)
		if err != nil {
			return nil, err
		}
		addNames(tokens, older)
	}
	source := ""
	if raw, ok := entries["chat_template"]; ok {
		if source, err = chosen(raw); err != nil {
			return nil, &formats.ParseError{File: "tokenizer_config.json", Offset: -1, Err: err}
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

func entriesOf(name string, data []byte) (entries map[string]json.RawMessage, err error) {
	if len(data) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, &formats.ParseError{File: name, Offset: offset(err), Err: err}
	}
	return entries, nil
}

// addNames puts the special tokens of a file into tokens.
func addNames(tokens map[string]string, entries map[string]json.RawMessage) {
	for key, raw := range entries {
		if !strings.HasSuffix(key, "_token") {
			continue
		}
		if content, ok := special(raw); ok {
			tokens[key] = content
		} else if string(raw) == "null" {
			delete(tokens, key)
		}
	}
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
