package tokenizer

import (
	"encoding/json"
	"os"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// What huggingface/tokenizers made of texts of base characters and marks, those
// included that its tables do not have (testdata/README.md).
func TestNFCGolden(t *testing.T) {
	if norm.Version != "15.0.0" {
		t.Errorf("package norm is of Unicode %s: the table in newer.go must be made anew", norm.Version)
	}
	data, err := os.ReadFile("testdata/nfc.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases [][2]string
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if got := (normalizer{nfc: true}).apply(c[0]); got != c[1] {
			t.Errorf("%+q: %+q, want %+q", c[0], got, c[1])
		}
	}
}
