package jinja

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestSemantics holds the engine to what jinja2 renders: the text to the byte,
// and a failure where it fails.
func TestSemantics(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "semantics.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Messages json.RawMessage
		Cases    [][2]*string
	}
	if err := json.Unmarshal(data, &file); err != nil || len(file.Cases) < 500 {
		t.Fatalf("%d cases, %v", len(file.Cases), err)
	}
	// What is input must not change what is rendered.
	for _, mark := range []func(string) Value{String, Input} {
		messages, err := decode(string(file.Messages), mark)
		if err != nil {
			t.Fatal(err)
		}
		vars := map[string]Value{"messages": messages, "tools": None, "documents": None, "add_generation_prompt": true}
		for _, c := range file.Cases {
			source, want := *c[0], c[1]
			got := ""
			tm, err := Parse(source)
			if err == nil {
				got, _, err = tm.Render(vars, 100, clock)
			}
			var e *Error
			switch {
			case err != nil && !errors.As(err, &e):
				t.Errorf("%s: error %v of type %T", source, err, err)
			case want == nil && err == nil:
				t.Errorf("%s: got %q, want an error", source, got)
			case want != nil && (err != nil || got != *want):
				t.Errorf("%s:\n got %q, %v\nwant %q", source, got, err, *want)
			}
		}
	}
}
