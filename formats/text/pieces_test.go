package text

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/tokenizer"
)

// A text read in pieces has the tokens of the whole.
func TestTextInPieces(t *testing.T) {
	source, err := os.ReadFile("../../testdata/tiny-llada/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../../testdata/heldout.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"prose":      strings.Repeat(string(data), 5),
		"paragraphs": strings.Repeat("à la carte — “quoted”\r\n\r\n   indented 12345\n\n\n", 6000),
	} {
		path := filepath.Join(t.TempDir(), "text")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		want, err := tok.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []int32
		for ids, err := range Windows(path, tok, 100) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, ids...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d tokens in pieces, %d at once, or others", name, len(got), len(want))
		}
	}
}

// Pieces hold whole characters, and a fault has its offset in the file,
// wherever it lies.
func TestPieces(t *testing.T) {
	long := strings.Repeat("äöü", pieceBytes/2) // no line break, no boundary at a power of two
	for name, text := range map[string]string{"empty": "", "short": "x", "one line": long, "blank": strings.Repeat("\n", 3*pieceBytes)} {
		path := filepath.Join(t.TempDir(), "text")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for piece, err := range Pieces(path) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(piece) > 2*pieceBytes {
				t.Fatalf("%s: a piece of %d bytes", name, len(piece))
			}
			got.WriteString(piece)
		}
		if got.String() != text {
			t.Errorf("%s: the pieces are not the text", name)
		}
	}
	for _, at := range []int{0, 5, pieceBytes - 1, pieceBytes, pieceBytes + 1, 2*pieceBytes + 7, 3*pieceBytes - 1} {
		text := []byte(strings.Repeat("a line\n", 3*pieceBytes/7+1))
		text[at] = 0xE9
		path := filepath.Join(t.TempDir(), "text")
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		var failed error
		for _, err := range Pieces(path) {
			failed = err
		}
		var p *formats.ParseError
		if !errors.As(failed, &p) || p.Offset != int64(at) || p.File != path {
			t.Errorf("a fault at %d: %v", at, failed)
		}
	}
}

// Lines are numbered as an editor numbers them, blank ones left out.
func TestLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(path, []byte("\n{\"n\": 1}\n   \n{\"n\": 2}\n[]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	var numbers []int
	var failed error
	for line, err := range Lines(path) {
		if err != nil {
			t.Fatal(err)
		}
		var v struct{ N int }
		if failed = line.Parse(&v, func() error { return nil }); failed == nil {
			numbers = append(numbers, line.Number, v.N)
		}
	}
	if !slices.Equal(numbers, []int{2, 1, 4, 2}) {
		t.Errorf("lines and values %v", numbers)
	}
	var p *formats.ParseError
	if !errors.As(failed, &p) || p.File != path || !strings.Contains(failed.Error(), "line 5: ") {
		t.Errorf("error %v", failed)
	}
	for _, err := range Lines(filepath.Join(t.TempDir(), "missing")) {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	}
}
