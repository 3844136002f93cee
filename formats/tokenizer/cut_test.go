package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// checkCut cuts beginnings of a text, and compares.
func checkCut(t tester, tok *Tokenizer, text string) (cuts int) {
	want, err := tok.Encode(text)
	if err != nil {
		return 0
	}
	last := 0
	for i := range len(text) + 1 {
		cut := tok.Cut(text[:i])
		if cut == last {
			continue
		}
		last = cut
		left, err := tok.Encode(text[:cut])
		if err != nil {
			t.Fatalf("Encode(%q): %v", text[:cut], err)
		}
		right, err := tok.Encode(text[cut:])
		if err != nil {
			t.Fatalf("Encode(%q): %v", text[cut:], err)
		}
		if got := append(left, right...); !slices.Equal(got, want) {
			t.Fatalf("%q cut before %q gives\n%v, want\n%v", text[:cut], text[cut:], got, want)
		}
		cuts++
	}
	return cuts
}

// tokenizers are the tiny model's and all variants of it.
func tokenizers(t *testing.T) map[string]*Tokenizer {
	var variants []struct {
		Name  string
		Patch map[string]any
	}
	readJSON(t, "testdata/variants.json", &variants)
	all := map[string]*Tokenizer{"tiny": tiny(t)}
	for _, v := range variants {
		tok, err := Parse(patched(t, v.Patch))
		if err != nil {
			t.Fatal(err)
		}
		all[v.Name] = tok
	}
	return all
}

// bits are what texts are made of that meet patterns, added tokens and
// normalization where it hurts.
var bits = []string{
	"a", "b", "The", "x's", "'", "ſ", "'LL", "K", "é", "e\u0301", "\u0301", "\u0323", "日", "本語", "가", "\u1100", "\u1161", "\u11a8",
	" ", " ", "  ", "\n", "\r\n", "\t", "\u3000", "\u00a0", "\u0085", "1", "234", "Ⅷ", ".", "。", "-", "--", "<|", "|>", "eot_id",
	"<|eot_id|>", "<|mdm_mask|>", "<|startoftext|>", "<|endoftext|>", "<|start_header_id|>", "😀", "\u200d", "A", "\x00", "\ufeff",
}

// Cut parts no text whose ids would change, under every kind of tokenizer.
func TestCut(t *testing.T) {
	for name, tok := range tokenizers(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				checkCut(t, tok, strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits), 0, 12).Draw(t, "bits"), ""))
			})
		})
	}
}

// Texts of any kind can be cut often under the patterns in use, and where nothing
// says that words end, nowhere.
func TestCutOften(t *testing.T) {
	texts := map[string]string{
		"prose":    "the understanding between nations and the common wealth of peoples",
		"chinese":  "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,",
		"code":     "for(i=0;i<10;i++){f(x[i],y2);}return(a1b2c3)",
		"lines":    "one\ntwo three\n\n  four five\r\nsix seven",
		"base64":   "aGVsbG8gd29ybGQ0MTIzNGFiY2RlZjU2Nzg5MGFiY2Q",
		"numbered": "1 2 3 44 555 6666 7 8 9",
	}
	all := tokenizers(t)
	for _, name := range []string{"tiny", "llama3 pattern", "qwen2 pattern, NFC", "o200k pattern", "gpt2: ByteLevel alone", "deepseek: three splits", "ignore_merges"} {
		for kind, text := range texts {
			if n := checkCut(t, all[name], text); n < 4 && !(kind == "base64" || kind == "chinese") || n == 0 {
				t.Errorf("%s: %s: %d places", name, kind, n)
			}
		}
	}
	for _, name := range []string{"ByteLevel without pattern", "gpt2: add_prefix_space", "lines", "empty matches", "MergedWithNext invert=False"} {
		if n := checkCut(t, all[name], texts["prose"]); n > 0 {
			t.Errorf("%s: %d places", name, n)
		}
	}
}

// FuzzCut looks for a pattern that the analysis of places misjudges.
func FuzzCut(f *testing.F) {
	for _, pattern := range []string{
		gpt2Pattern, `(?i)'s|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}|\s+(?!\S)|\s+`, `a(?=bc)|ab|.`, `(?>ab*)c?|[\s\S]`,
		`(?:x|yz)+?z|(?!q).|\n`, `((a|b){2,3})+|\p{Lu}\p{Ll}*|[^\p{Lu}]`,
	} {
		f.Add(pattern, "ab  it's\r\n12 e\u0301日 X9 aabcabz")
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
		p := &preTokenizer{splits: []splitter{{re: re, behavior: isolated}}}
		tok := &Tokenizer{pre: *p, positions: p.findSteps}
		words := func(text string) (out []string) {
			for word, err := range p.words(&scratch{}, text) {
				if err != nil {
					t.Skip()
				}
				out = append(out, string(word))
			}
			return out
		}
		text = toValid(text)
		cut := tok.Cut(text)
		if got, want := append(words(text[:cut]), words(text[cut:])...), words(text); !slices.Equal(got, want) {
			t.Fatalf("%q cut at %d under %q: %q, want %q", text, cut, pattern, got, want)
		}
	})
}
