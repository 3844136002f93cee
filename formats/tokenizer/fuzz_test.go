package tokenizer

import (
	"testing"
	"time"
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

func FuzzEncode(f *testing.F) {
	for _, text := range []string{"", "Hello world!", "it's\r\n\r\n  12 345", "日本語😀\u3000x", "<|mdm_mask|>a<|eot_id|", "\xff\xe2\x82", "e\u0301\u0323"} {
		f.Add(text)
	}
	tok := tiny(f)
	f.Fuzz(func(t *testing.T, text string) { checkText(t, tok, text) })
}
