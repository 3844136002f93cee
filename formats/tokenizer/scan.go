package tokenizer

import (
	"bytes"
	"encoding/json"
	"iter"
)

// Walking over JSON that is known to be well-formed and UTF-8; parse checks the
// whole file once. With encoding/json's token reader a vocabulary of 126 080
// tokens and its merges take several times as long to load.

// entries yields the names and values of an object. It yields nothing for any
// other value.
func entries(raw json.RawMessage) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		if !isObject(raw) {
			return
		}
		name, named := "", false
		for value := range values(raw) {
			if !named {
				name, named = unquote(value), true
				continue
			}
			if !yield(name, value) {
				return
			}
			named = false
		}
	}
}

// values yields what a list holds, or names and values of an object in turn.
func values(raw json.RawMessage) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		raw = bytes.TrimLeft(raw, space)
		if len(raw) == 0 || raw[0] != '{' && raw[0] != '[' {
			return
		}
		for raw = raw[1:]; ; {
			raw = bytes.TrimLeft(raw, space+",:")
			if len(raw) == 0 || raw[0] == '}' || raw[0] == ']' {
				return
			}
			n := valueLen(raw)
			if !yield(raw[:n:n]) {
				return
			}
			raw = raw[n:]
		}
	}
}

const space = " \t\r\n"

func isObject(raw json.RawMessage) bool { return firstByte(raw) == '{' }
func isList(raw json.RawMessage) bool   { return firstByte(raw) == '[' }

func firstByte(raw json.RawMessage) byte {
	raw = bytes.TrimLeft(raw, space)
	if len(raw) == 0 {
		return 0
	}
	return raw[0]
}

// valueLen measures the value at the beginning of raw.
func valueLen(raw []byte) int {
	switch raw[0] {
	case '"':
		return stringLen(raw)
	case '{', '[':
		depth := 0
		for i := 0; i < len(raw); i++ {
			switch raw[i] {
			case '"':
				i += stringLen(raw[i:]) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		return len(raw)
	}
	if n := bytes.IndexAny(raw, space+",]}"); n > 0 {
		return n
	}
	return len(raw)
}

func stringLen(raw []byte) int {
	for i := 1; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// unquote reads a string, "" for another value.
func unquote(raw json.RawMessage) (s string) {
	if len(raw) >= 2 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	_ = json.Unmarshal(raw, &s) // well-formed, so it fails for other types only
	return s
}
