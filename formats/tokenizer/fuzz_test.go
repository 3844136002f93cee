package tokenizer

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func FuzzParse(f *testing.F) {
	for _, file := range []string{
		small("version", `"1.0"`),
		small("normalizer", `{"type":"Sequence","normalizers":[{"type":"NFC"}]}`),
		small("pre_tokenizer", `{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true}`),
		regex(`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`),
		added(`"id":4,"content":"<|x|>",`),
		model("ignore_merges", `true`),
		model("merges", `[["a","b"]]`),
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkScan(t, data)
		tok, err := Parse(data)
		if err != nil {
			return
		}
		for i := range tok.pre.splits {
			tok.pre.splits[i].re.MatchTimeout = 100 * time.Millisecond
		}
		ids, err := tok.Encode("ab  it's\r\n12 e\u0301日<|x|>")
		if err != nil {
			return
		}
		for _, id := range ids {
			if id < 0 || int(id) >= tok.Size() {
				t.Fatalf("id %d of %d", id, tok.Size())
			}
		}
		checkStream(t, tok, ids)
	})
}

// checkScan compares the walk over well-formed JSON with encoding/json.
func checkScan(t *testing.T, data []byte) {
	var want map[string]json.RawMessage
	if !utf8.Valid(data) || json.Unmarshal(data, &want) != nil || !isObject(data) {
		return
	}
	got := map[string]json.RawMessage{}
	for name, value := range entries(data) {
		got[name] = value
		checkScan(t, value)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("entries of %q (-encoding/json +entries):\n%s", data, diff)
	}
	for _, value := range got {
		var list, scanned []json.RawMessage
		if isList(value) && json.Unmarshal(value, &list) == nil {
			for v := range values(value) {
				scanned = append(scanned, v)
			}
			if !slices.EqualFunc(list, scanned, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
				t.Fatalf("values of %q: %q", value, scanned)
			}
		}
	}
}

func FuzzEncode(f *testing.F) {
	for _, text := range []string{"", "Hello world!", "it's\r\n\r\n  12 345", "日本語😀\u3000x", "<|mdm_mask|>a<|eot_id|", "\xff\xe2\x82", "e\u0301\u0323"} {
		f.Add(text)
	}
	tok := tiny(f)
	f.Fuzz(func(t *testing.T, text string) { checkText(t, tok, text) })
}

// FuzzPattern looks for patterns that pass the check of the dialect and then
// break the engine, or lose text.
func FuzzPattern(f *testing.F) {
	for _, pattern := range []string{
		gpt2Pattern, `(a+)+$`, `(?=[A-Z])|\s*`, `^.|.$|\d+`, `[^\r\n\p{L}\p{N}]?+\p{Han}{1,3}`, `(?i:'s|ll)`, `(?<=x)y|(?<!a)b|(?>a*)`,
		`\x{1F600}|\u0041|[\-\]]`,
	} {
		f.Add(pattern, "ab  it's\r\n12 e\u0301日 X9")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if checkDialect(pattern) != nil {
			return
		}
		re, err := compile(pattern)
		if err != nil {
			return
		}
		re.MatchTimeout = 100 * time.Millisecond
		p := preTokenizer{splits: []splitter{{re: re, behavior: isolated}}}
		var whole []byte
		for word, err := range p.words(&scratch{}, toValid(text)) {
			if err != nil {
				return
			}
			whole = append(whole, word...)
		}
		if string(whole) != toValid(text) {
			t.Fatalf("words of %q under %q make %q", text, pattern, whole)
		}
	})
}
