package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"llada/formats"
)

// mergeCase is a checkpoint's tokenizer, the small model's with other added
// tokens, and what transformers 5.24.0 made of it.
type mergeCase struct {
	Name   string            `json:"name"`
	Base   []json.RawMessage `json:"added_tokens"`
	Config json.RawMessage   `json:"config"`
	Map    json.RawMessage   `json:"map"`
	Added  json.RawMessage   `json:"added"`
	Want   json.RawMessage   `json:"want"`
	EOS    string            `json:"eos"`
}

func (c *mergeCase) files(t *testing.T) Files {
	t.Helper()
	source, err := os.ReadFile("../../testdata/tiny-llada/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(source, &keys); err != nil {
		t.Fatal(err)
	}
	if keys["added_tokens"], err = json.Marshal(c.Base); err != nil {
		t.Fatal(err)
	}
	f := Files{Config: c.Config, SpecialTokensMap: c.Map}
	if string(c.Added) != "null" {
		f.AddedTokens = c.Added
	}
	if f.Tokenizer, err = json.Marshal(keys); err != nil {
		t.Fatal(err)
	}
	return f
}

func readMergeCases(t *testing.T, path string) (cases []*mergeCase) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// added is the list of added tokens of a tokenizer.json.
func addedOf(t *testing.T, file []byte) (list []map[string]any) {
	t.Helper()
	var f struct {
		List []map[string]any `json:"added_tokens"`
	}
	if err := json.Unmarshal(file, &f); err != nil {
		t.Fatal(err)
	}
	return f.List
}

func TestMergeGolden(t *testing.T) {
	for _, c := range readMergeCases(t, "testdata/merge.json") {
		t.Run(c.Name, func(t *testing.T) {
			m, err := c.files(t).Merge(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			var want []map[string]any
			if err := json.Unmarshal(c.Want, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, addedOf(t, m.File)); diff != "" || m.EOS != c.EOS {
				t.Errorf("end %q, want %q; added tokens (-want +got):\n%s", m.EOS, c.EOS, diff)
			}
		})
	}
}

// A tokenizer that holds everything stays as it is, to the byte.
func TestMergeNothing(t *testing.T) {
	f := tinyFiles(t)
	m, err := f.Merge(2048)
	if err != nil || !bytes.Equal(m.File, f.Tokenizer) || len(m.Notes) != 0 || m.EOS != "<|endoftext|>" {
		t.Errorf("%d bytes of %d, notes %q, end %q, error %v", len(m.File), len(f.Tokenizer), m.Notes, m.EOS, err)
	}
	m, err = Files{Tokenizer: f.Tokenizer}.Merge(2048)
	if err != nil || !bytes.Equal(m.File, f.Tokenizer) || m.EOS != "" {
		t.Errorf("alone: error %v, end %q", err, m.EOS)
	}
}

func tinyFiles(t testing.TB) (f Files) {
	t.Helper()
	for name, dst := range map[string]*[]byte{"tokenizer.json": &f.Tokenizer, configFile: &f.Config, mapFile: &f.SpecialTokensMap} {
		data, err := os.ReadFile("../../testdata/tiny-llada/" + name)
		if err != nil {
			t.Fatal(err)
		}
		*dst = data
	}
	return f
}

// What is merged encodes as one token.
func TestMergeEncodes(t *testing.T) {
	f := tinyFiles(t)
	f.Config = []byte(`{"added_tokens_decoder":{"2048":{"content":"<think>","rstrip":true}}}`)
	m, err := f.Merge(4096)
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := m.Encode("a<think>  b"); err != nil || !slices.Equal(ids, []int32{64, 2048, 65}) {
		t.Errorf("ids %v, error %v", ids, err)
	}
}

func TestMergeNotes(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`{"split_special_tokens":true}`, `tokenizer_config.json: split_special_tokens is true, which is not followed`},
		{`{"pad_token":"[PAD]"}`, `tokenizer_config.json: pad_token: "[PAD]" is no token of the tokenizer, and the model has no row for one: it stays text`},
		{`{"extra_special_tokens":["a","<x>"]}`, `tokenizer_config.json: extra_special_tokens[1]: "<x>" is no token`},
		{`{"added_tokens_decoder":{"2047":{"content":"<think>"}}}`, `tokenizer_config.json: added_tokens_decoder[2047]: "<think>" has the id 2047, which tokenizer.json gives to "<|reserved_token_1|>": that holds, and this stays text`},
		{`{"added_tokens_decoder":{"2046":{"content":"<|eot_id|>","special":true}}}`, `tokenizer_config.json: added_tokens_decoder[2046]: "<|eot_id|>" has the id 2046, in tokenizer.json 2045, which holds`},
	} {
		f := tinyFiles(t)
		f.Config, f.SpecialTokensMap = []byte(c.config), nil
		m, err := f.Merge(2048)
		if err != nil || len(m.Notes) != 1 || !strings.HasPrefix(m.Notes[0], c.want) || m.Size() != 2048 {
			t.Errorf("%s: %+v, error %v", c.config, m, err)
		}
	}
}

func TestMergeRefused(t *testing.T) {
	for _, c := range []struct{ config, older, added, want string }{
		{`[]`, ``, ``, `tokenizer_config.json: want a JSON object: `},
		{`{"added_tokens_decoder":null}`, ``, ``, `tokenizer_config.json: added_tokens_decoder: null: want an object from ids to tokens`},
		{`{"added_tokens_decoder":{"x":{"content":"a"}}}`, ``, ``, `added_tokens_decoder: x: want an id from 0 to 16777215`},
		{`{"added_tokens_decoder":{"1":"a"}}`, ``, ``, `added_tokens_decoder[1]: "a": want an object`},
		{`{"added_tokens_decoder":{"1":{"special":true}}}`, ``, ``, `added_tokens_decoder[1].content: missing`},
		{`{"added_tokens_decoder":{"1":{"content":"x","lstrip":1}}}`, ``, ``, `added_tokens_decoder[1].lstrip: 1: want true or false`},
		{`{"added_tokens_decoder":{"1":{"content":"x","color":1}}}`, ``, ``, `added_tokens_decoder[1].color: 1: unknown option`},
		{`{"added_tokens_decoder":{"2049":{"content":"<think>"}}}`, ``, ``, `tokenizer_config.json: added_tokens_decoder[2049]: "<think>" has the id 2049, but tokenizer.json lacks it and would give it 2048: add it to the added_tokens there`},
		{`{"pad_token":3}`, ``, ``, `tokenizer_config.json: pad_token: 3: want an object`},
		{``, `{"pad_token":[]}`, ``, `special_tokens_map.json: pad_token: []: want an object`},
		{``, `3`, ``, `special_tokens_map.json: want a JSON object: `},
		{``, ``, `{"<x>":"y"}`, `added_tokens.json: "<x>": "y": want an id from 0 to 16777215`},
		{``, ``, `{"<x>":9000}`, `added_tokens.json: "<x>" has the id 9000, but tokenizer.json lacks it and would give it 2048`},
	} {
		f := tinyFiles(t)
		f.Config, f.SpecialTokensMap, f.AddedTokens = file(c.config), file(c.older), file(c.added)
		_, err := f.Merge(1 << 20)
		var p *formats.ParseError
		if !errors.As(err, &p) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s%s%s: error %v, want %q", c.config, c.older, c.added, err, c.want)
		}
	}
}

func file(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

// Whatever the files hold, merging ends, and what it makes is a tokenizer.
func FuzzMerge(f *testing.F) {
	f.Add(`{"added_tokens_decoder":{"4":{"content":"<x>"}},"eos_token":"<x>"}`, `{"pad_token":"a"}`, `{"b":1}`)
	f.Add(`{"extra_special_tokens":{"q":"<y>"},"additional_special_tokens":["<z>"]}`, `{"sep_token":{"content":"ab","special":true}}`, `{"<t>":4}`)
	f.Fuzz(func(t *testing.T, config, older, added string) {
		files := Files{[]byte(small("version", `"1.0"`)), file(config), file(older), file(added)}
		m, err := files.Merge(100)
		if err != nil {
			if !errors.As(err, new(*formats.ParseError)) {
				t.Fatal(err)
			}
			return
		}
		again, err := Files{Tokenizer: m.File}.Merge(100)
		if err != nil || !slices.Equal(again.Added(), m.Added()) {
			t.Fatalf("%v, then %v, error %v", m.Added(), again.Added(), err)
		}
	})
}
