package text

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"llada/formats"
	"llada/formats/tokenizer"
)

func tiny(t *testing.T) *tokenizer.Tokenizer {
	t.Helper()
	source, err := os.ReadFile("../../testdata/tiny-llada/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func write(t *testing.T, text string) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A text read in pieces has the tokens of the whole, lines or none.
func TestTextInPieces(t *testing.T) {
	tok := tiny(t)
	data, err := os.ReadFile("../../testdata/heldout.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"prose":      strings.Repeat(string(data), 5),
		"paragraphs": strings.Repeat("à la carte — “quoted”\r\n\r\n   indented 12345\n\n\n", 6000),
		"one line":   strings.Repeat("sovereignty of the commonwealth and the understanding between nations ", 3000),
		"no spaces":  strings.Repeat("人人生而自由,在尊严和权利上一律平等。", 6000),
		"one word":   strings.Repeat("word", pieceBytes),
		"blank":      strings.Repeat("\n", 3*pieceBytes),
		"markers":    strings.Repeat("<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nx", 5000),
	} {
		want, err := tok.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []int32
		for ids, err := range write(t, text).Windows(tok, 100) {
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

// letters cuts between characters, where it may cut at all.
type letters struct{ uncut bool }

func (letters) Encode(text string) ([]int32, error) {
	return make([]int32, utf8.RuneCountInString(text)), nil
}

func (l letters) Cut(text string) int {
	for i := len(text) - 1; i > 0 && !l.uncut; i-- {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return 0
}

// Pieces make the text, of whole characters and in their places; a fault has its
// offset in the file, wherever it lies.
func TestPieces(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "short": "x", "mark": "\ufeffx\ny", "mark alone": "\ufeff", "two marks": "\ufeff\ufeffx",
		"one line": strings.Repeat("äöü", pieceBytes/2), "lines": strings.Repeat("a\n\x00", pieceBytes),
	} {
		var got strings.Builder
		body := strings.TrimPrefix(text, "\ufeff")
		offset, line := int64(len(text)-len(body)), 1
		for p, err := range write(t, text).Pieces(letters{}) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(p.Text) > 2*pieceBytes || p.Offset != offset || p.Line != line {
				t.Fatalf("%s: a piece of %d bytes at %d, line %d; want %d, line %d", name, len(p.Text), p.Offset, p.Line, offset, line)
			}
			got.WriteString(p.Text)
			offset, line = p.Place(len(p.Text))
		}
		if got.String() != body {
			t.Errorf("%s: the pieces are not the text", name)
		}
	}
	for _, at := range []int{0, 5, pieceBytes - 1, pieceBytes, pieceBytes + 1, 2*pieceBytes + 7, 3*pieceBytes - 1} {
		text := []byte(strings.Repeat("a line\n", 3*pieceBytes/7+1))
		text[at] = 0xE9
		f := write(t, string(text))
		var failed error
		for _, err := range f.Pieces(letters{}) {
			failed = err
		}
		var p *formats.ParseError
		if !errors.As(failed, &p) || p.Offset != int64(at) || p.File != f.Name {
			t.Errorf("a fault at %d: %v", at, failed)
		}
	}
}

// What cannot be cut is read whole up to a bound, and refused beyond.
func TestUncut(t *testing.T) {
	for size, want := range map[int]string{3*pieceBytes + 5: "", wholeBytes: "", wholeBytes + 1: "sees no end of a word"} {
		n := 0
		var failed error
		for p, err := range write(t, strings.Repeat("x", size)).Pieces(letters{uncut: true}) {
			n, failed = n+len(p.IDs), err
		}
		if want == "" && (failed != nil || n != size) || want != "" && (failed == nil || !strings.Contains(failed.Error(), want)) {
			t.Errorf("%d bytes: %d tokens, error %v", size, n, failed)
		}
	}
}

// A pipe gives its text again and again; a folder gives none.
func TestOpen(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		w.WriteString("\ufeffpiped text")
		w.Close()
	}()
	stdin := os.Stdin
	os.Stdin = r
	defer func() { os.Stdin = stdin }()
	f, err := Open(Stdin)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for p, err := range f.Pieces(letters{}) {
			if err != nil || p.Text != "piped text" || p.Offset != 3 {
				t.Errorf("%+v, %v", p, err)
			}
		}
	}
	one, err1 := f.Digest()
	two, err2 := write(t, "piped text").Digest()
	if one != two || err1 != nil || err2 != nil {
		t.Errorf("digests %s and %s, %v and %v", one, two, err1, err2)
	}
	changed := write(t, "before")
	if s, err := changed.Whole(); s != "before" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
	if err := os.WriteFile(changed.path, []byte("after it"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := changed.Digest(); err == nil || !strings.Contains(err.Error(), "has changed since") {
		t.Errorf("a changed file: %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// Other encodings are refused by their names, however the text is read.
func TestEncodings(t *testing.T) {
	for text, want := range map[string]string{
		"\xff\xfea\x00b\x00":         "offset 0: UTF-16 text: convert it to UTF-8",
		"\xfe\xff\x00a\x00b":         "offset 0: UTF-16 text",
		"a\x00b\x00":                 "offset 0: UTF-16 text",
		"\x00{\x00}":                 "offset 0: UTF-16 text",
		"\xff\xfe\x00\x00a\x00\x00":  "offset 0: UTF-32 text",
		"caf\xe9":                    "offset 3: no UTF-8 text: byte 0xe9",
		"a\xed\xa0\x80":              "offset 1: no UTF-8 text: byte 0xed",
		"{\"prompt\": \"caf\xc3\"}":  "no UTF-8 text: byte 0xc3",
		"a\x00":                      "",
		"\x00\x00\x00\x00":           "",
		"\ufeffplain":                "",
		"a\r\nb":                     "",
		"\xef\xbb\xbf\xef\xbb\xbf é": "",
	} {
		f := write(t, text)
		var errs [4]error
		for _, errs[0] = range f.Pieces(letters{}) {
		}
		var s string
		_, errs[3] = f.Whole()
		s, errs[1] = Read(strings.NewReader(text), f.Name)
		for l, err := range f.Lines() {
			if errs[2] = err; err == nil {
				var p *formats.ParseError
				if errors.As(l.Parse(new(any), nil), &p) && p.Offset >= 0 {
					errs[2] = p
				}
			}
		}
		for i, err := range errs {
			var p *formats.ParseError
			if want != "" && (!errors.As(err, &p) || !strings.Contains(err.Error(), want)) || want == "" && i != 2 && err != nil {
				t.Errorf("%q, read in way %d: %v, want %q", text, i, err, want)
			}
		}
		if want == "" && s != strings.TrimPrefix(text, "\ufeff") {
			t.Errorf("%q is read as %q", text, s)
		}
	}
}
