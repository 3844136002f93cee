package text

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"llada/formats"
)

// Lines are numbered as an editor numbers them, blank ones left out.
func TestLines(t *testing.T) {
	f := write(t, "\ufeff\n{\"n\": 1}\r\n   \n{\"n\": 2}\n[]\n\"\xff\"")
	var numbers []int
	var faults []string
	for line, err := range f.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		var v struct{ N int }
		if err := line.Parse(&v, func() error { return nil }); err != nil {
			var p *formats.ParseError
			if !errors.As(err, &p) || p.File != f.Name {
				t.Errorf("error %v", err)
			}
			faults = append(faults, strings.TrimPrefix(err.Error(), f.Name+": "))
		} else {
			numbers = append(numbers, line.Number, v.N)
		}
	}
	if !slices.Equal(numbers, []int{2, 1, 4, 2}) {
		t.Errorf("lines and values %v", numbers)
	}
	if len(faults) != 2 || !strings.HasPrefix(faults[0], "line 5: ") || !strings.HasPrefix(faults[1], "offset 31: no UTF-8 text: byte 0xff") {
		t.Errorf("faults %q", faults)
	}
	for _, err := range Lines(filepath.Join(t.TempDir(), "missing")) {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	}
}

// Half of a character written as an escape is no text either.
func TestSurrogates(t *testing.T) {
	for text, want := range map[string]string{
		`"\ud83d\ude00"`: "", `"\uD83D\uDE00 \u00e9"`: "", `"\\ud83d"`: "", `"plain"`: "",
		`"\ud83d"`: `\ud83d`, `"\ud83d\u0041"`: `\ud83d`, `"\ude00\ud83d"`: `\ude00`, `"\ud83d\ud83d\ude00"`: `\ud83d`, `"\\\ud83dx"`: `\ud83d`,
	} {
		var s string
		err := Line{File: "f", Number: 1, Text: []byte(text)}.Parse(&s, func() error { return nil })
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), "line 1: "+want+" is half")) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A null in a list, which encoding/json reads as zero.
func TestGaps(t *testing.T) {
	for text, refused := range map[string]bool{
		`[null]`: true, `[1, null]`: true, "{\"a\": [[1], [2,\t\nnull]]}": true, `["[,", {"b": null}, null]`: true,
		`null`: false, `[]`: false, `{"a": null, "b": [1]}`: false, `["null", ",null", "\"", "[null]", "\\"]`: false, `[{"a":null}]`: false,
	} {
		var v any
		if err := Unmarshal([]byte(text), &v); (err != nil) != refused {
			t.Errorf("%s: %v", text, err)
		}
	}
}
