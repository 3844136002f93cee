package formats

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := os.WriteFile(path, []byte("12345"), 0o666); err != nil {
		t.Fatal(err)
	}
	if data, err := ReadFile(path, 5); err != nil || string(data) != "12345" {
		t.Errorf("%q, %v", data, err)
	}
	for what, err := range map[string]error{
		"is larger than": second(ReadFile(path, 4)),
		"is a folder":    second(ReadFile(dir, 4)),
	} {
		var p *ParseError
		if !errors.As(err, &p) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if _, err := ReadFile(filepath.Join(dir, "none"), 5); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: error %v", err)
	}
}

func second(_ []byte, err error) error { return err }

func TestForeign(t *testing.T) {
	for data, want := range map[string]string{
		"version https://git-lfs.github.com/spec/v1\n": "Git LFS",
		"\xef\xbb\xbf{}":                    "byte order mark",
		"\xff\xfe{\x00":                     "UTF-16",
		"\n <!DOCTYPE HTML><html>":          "web page",
		"GGUF\x03\x00":                      "GGUF",
		"PK\x03\x04":                        "zip archive",
		"\x80\x02}q":                        "pickle",
		"\x89LLD\r\n\x1a\n":                 "container already",
		"{}":                                "",
		"":                                  "",
		"<|im_start|>":                      "",
		"\x48\x00\x00\x00\x00\x00\x00\x00{": "",
	} {
		if got := Foreign([]byte(data)); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", data, got, want)
		}
	}
}
