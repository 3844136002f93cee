package tokenizer

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// checkCut cuts beginnings of a text, every step bytes, and compares.
func checkCut(t tester, tok *Tokenizer, text string, step int) (cuts int) {
	want, err := tok.Encode(text)
	if err != nil {
		return 0
	}
	last := 0
	for i := len(text); i > 0; i -= step {
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
	"<|eot_id|>", "<|mdm_mask|>", "<|startoftext|>", "<|endoftext|>", "<|start_header_id|>", "😀", "\u200d", "A",
	"[L]", "[R]", "[B]", "word", "abc", "café", " lead", "the", "bﬁx", "\x00", "\ufeff",
}

// Cut parts no text whose ids would change, under every kind of tokenizer.
func TestCut(t *testing.T) {
	for name, tok := range tokenizers(t) {
		t.Run(name, func(t *testing.T) {
			for _, text := range []string{"x <|startoftext|>1", "1<|startoftext|> y", "1<|endoftext|>1 2<|eot_id|>3", ". <|mdm_mask|> .", "a  <|eot_id|>  b", "word1", "1word", "[R] 1", "1 [L]"} {
				checkCut(t, tok, text, 1)
			}
			rapid.Check(t, func(t *rapid.T) {
				checkCut(t, tok, strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits), 0, 12).Draw(t, "bits"), ""), 7)
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
			if n := checkCut(t, all[name], text, 1); n < 4 && !(kind == "base64" || kind == "chinese") || n == 0 {
				t.Errorf("%s: %s: %d places", name, kind, n)
			}
		}
	}
	for _, name := range []string{"ByteLevel without pattern", "gpt2: add_prefix_space", "lines", "empty matches", "MergedWithNext invert=False"} {
		if n := checkCut(t, all[name], texts["prose"], 1); n > 0 {
			t.Errorf("%s: %d places", name, n)
		}
	}
}

// checkWords cuts a text under a pattern, and compares words. It reports whether
// there was a place.
func checkWords(t tester, pattern, text string) bool {
	re, err := compile(pattern)
	if err != nil {
		return false
	}
	re.MatchTimeout = 100 * time.Millisecond
	p := &preTokenizer{splits: []splitter{{re: re, behavior: isolated}}}
	tok := &Tokenizer{pre: *p, positions: sync.OnceValue(p.findSteps)}
	slow := false
	words := func(text string) (out []string) {
		for word, err := range p.words(&scratch{}, text) {
			slow = slow || err != nil
			out = append(out, string(word))
		}
		return out
	}
	cut := tok.Cut(text)
	if got, want := append(words(text[:cut]), words(text[cut:])...), words(text); !slow && !slices.Equal(got, want) {
		t.Fatalf("%q cut at %d under %q: %q, want %q", text, cut, pattern, got, want)
	}
	return cut > 0
}

// Every construct of patterns, where a cut could go wrong: what looks ahead, what
// backtracks, what takes a certain number, what leaves text between matches.
func TestCutPatterns(t *testing.T) {
	for pattern, some := range map[string]bool{
		`a+(?!b)|a|b| `: true, `a(?=bc)|ab|[abc ]`: true, `\s+(?!\S)|\s+|\S`: true, `a(?!b)|b`: true,
		`a{2}|b{2}`: false, `a{2,3}|b+`: true, `(ab){2}|a|b`: true, `(?:ab?)+c|[ab]| +`: true, `a{1,2}b{0,1}| `: true,
		`a?b|c`: true, `a?a|b`: true, `(?>a?)a|b`: true, `a?+a|b`: true, `a*?b|a|c`: true, `a(?:b|)c?|[^a]`: true, `(?:a|bc|)c|b`: true,
		`(?i)A|b(?-i:C)|c`: true, `[^a]+|a`: true, `.`: true, `..`: false, `[\s\S]+`: false, `a*`: false, `a|`: false, `(?<=a)b|.`: false, `b$|.`: false, `\Aa|.`: false,
		`(?=b)a|b|c`: true, `(?:(?=b))a`: false, `(?:(?=b))a|b`: true, `(?:(?!b)|c)a|b`: true, `(?:(?!b)[ab])+|b`: true,
	} {
		found := false
		rapid.Check(t, func(t *rapid.T) {
			found = checkWords(t, pattern, rapid.StringOfN(rapid.RuneFrom([]rune("aabbcC \n")), 0, 8, -1).Draw(t, "text")) || found
		})
		if found != some {
			t.Errorf("%q: a place to cut: %t", pattern, found)
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
		if checkDialect(pattern) == nil {
			checkWords(t, pattern, toValid(text))
		}
	})
}
