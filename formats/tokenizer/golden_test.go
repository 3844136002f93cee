package tokenizer

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

type goldenCase struct {
	Text               string  `json:"text"`
	IDs                []int32 `json:"ids"`
	Decoded            *string `json:"decoded"`              // missing: the text
	DecodedSkipSpecial *string `json:"decoded_skip_special"` // missing: as decoded
	DecodeOnly         bool    `json:"decode_only"`
}

const (
	tinyFile   = "../../testdata/tiny-llada/tokenizer.json"
	goldenFile = "../../testdata/golden/tokenizer.json"
)

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func tiny(t testing.TB) *Tokenizer {
	t.Helper()
	data, err := os.ReadFile(tinyFile)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func (c goldenCase) check(t *testing.T, tok *Tokenizer) {
	t.Helper()
	if !c.DecodeOnly {
		ids, err := tok.Encode(c.Text)
		if err != nil {
			t.Errorf("Encode(%q): %v", c.Text, err)
		} else if !slices.Equal(ids, c.IDs) {
			t.Errorf("Encode(%q)\n got %v\nwant %v", c.Text, ids, c.IDs)
		}
	}
	decoded := c.Text
	if c.Decoded != nil {
		decoded = *c.Decoded
	}
	if got := tok.Decode(c.IDs, false); got != decoded {
		t.Errorf("Decode(%v)\n got %q\nwant %q", c.IDs, got, decoded)
	}
	if c.DecodedSkipSpecial != nil {
		decoded = *c.DecodedSkipSpecial
	}
	if got := tok.Decode(c.IDs, true); got != decoded {
		t.Errorf("Decode(%v) without special tokens\n got %q\nwant %q", c.IDs, got, decoded)
	}
}

func TestGolden(t *testing.T) {
	var golden struct{ Cases []goldenCase }
	readJSON(t, goldenFile, &golden)
	if len(golden.Cases) != 95 {
		t.Errorf("%d cases, want 95", len(golden.Cases))
	}
	tok := tiny(t)
	for _, c := range golden.Cases {
		c.check(t, tok)
	}
}

// TestVariants changes the tiny model's tokenizer.json as each variant says and
// compares with what Hugging Face's implementation made of the same file.
func TestVariants(t *testing.T) {
	var variants []struct {
		Name  string
		Patch map[string]any
		Cases []goldenCase
	}
	readJSON(t, "testdata/variants.json", &variants)
	for _, v := range variants {
		t.Run(v.Name, func(t *testing.T) {
			tok, err := Parse(patched(t, v.Patch))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range v.Cases {
				c.check(t, tok)
			}
		})
	}
}

// patched is the tiny tokenizer.json with top-level fields replaced, those of
// the model one by one. Merges have names: all as pairs, the first 900, none.
func patched(t testing.TB, patch map[string]any) []byte {
	t.Helper()
	var file map[string]any
	readJSON(t, tinyFile, &file)
	model := file["model"].(map[string]any)
	for name, value := range patch {
		if name != "model" {
			file[name] = value
			continue
		}
		for name, value := range value.(map[string]any) {
			if name == "merges" {
				value = variedMerges(model["merges"].([]any), value)
			}
			model[name] = value
		}
	}
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
