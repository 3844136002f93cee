package jinja

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// TestMarks renders every template of the golden values over messages of Chinese
// characters, which no template writes itself: exactly these must be marked as
// input, whatever was done to them.
func TestMarks(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "semantics.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases [][2]*string }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	turn := func(role, content string) Value {
		return NewDict("role", Input(role), "content", Input(content))
	}
	vars := map[string]Value{"messages": List(turn("系", "是不人"), turn("用", "一乙丁"), turn("答", "上下")), "tools": None}
	rendered := 0
	for _, c := range file.Cases {
		source := *c[0]
		if strings.IndexFunc(source, han) >= 0 {
			continue
		}
		tm, err := Parse(source)
		if err != nil {
			continue
		}
		text, input, err := tm.Render(vars, 100, clock)
		if err != nil {
			continue
		}
		for i, r := range text {
			for len(input) > 0 && input[0].Hi <= i {
				input = input[1:]
			}
			marked := len(input) > 0 && input[0].Lo <= i
			if rendered++; marked != han(r) {
				t.Errorf("%s: %q: byte %d: %q marked: %v", source, text, i, r, marked)
				break
			}
		}
	}
	if rendered < 1000 {
		t.Errorf("%d characters", rendered)
	}
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }
