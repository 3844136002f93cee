package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"llada/formats"
)

// A text read in pieces has the tokens of the whole.
func TestTextInPieces(t *testing.T) {
	l := open(t, formats.Q4, "int8")
	data, err := os.ReadFile(filepath.Join(testdata, "heldout.txt"))
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
		want, err := l.tokenizer.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []int32
		for ids, err := range tokenWindows(path, l.tokenizer, 100) {
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
	long := strings.Repeat("äöü", textPiece/2) // no line break, no boundary at a power of two
	for name, text := range map[string]string{"empty": "", "short": "x", "one line": long, "blank": strings.Repeat("\n", 3*textPiece)} {
		path := filepath.Join(t.TempDir(), "text")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for piece, err := range pieces(path) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(piece) > 2*textPiece {
				t.Fatalf("%s: a piece of %d bytes", name, len(piece))
			}
			got.WriteString(piece)
		}
		if got.String() != text {
			t.Errorf("%s: the pieces are not the text", name)
		}
	}
	for _, at := range []int{0, 5, textPiece - 1, textPiece, textPiece + 1, 2*textPiece + 7, 3*textPiece - 1} {
		text := []byte(strings.Repeat("a line\n", 3*textPiece/7+1))
		text[at] = 0xE9
		path := filepath.Join(t.TempDir(), "text")
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		var failed error
		for _, err := range pieces(path) {
			failed = err
		}
		var p *formats.ParseError
		if !errors.As(failed, &p) || p.Offset != int64(at) || p.File != path {
			t.Errorf("a fault at %d: %v", at, failed)
		}
	}
}
