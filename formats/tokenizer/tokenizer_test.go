package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestTables(t *testing.T) {
	tok := tiny(t)
	if got := tok.Size(); got != 2048 {
		t.Errorf("Size: %d, want 2048", got)
	}
	added := tok.Added()
	if len(added) != 8 || added[2] != (Added{ID: 2042, Content: "<|mdm_mask|>", Special: true}) {
		t.Errorf("Added: %v", added)
	}
	for token, want := range map[string]int32{"<|eot_id|>": 2045, "!": 0, "Ġ": 220} {
		if id, ok := tok.ID(token); !ok || id != want {
			t.Errorf("ID(%q): %d, %t", token, id, ok)
		}
	}
	if id, ok := tok.ID("no such token"); ok {
		t.Errorf("ID of no token: %d", id)
	}
	if got := tok.Decode([]int32{-1, 64, 2048, 1 << 30, 65}, false); got != "ab" {
		t.Errorf("Decode of ids without tokens: %q", got)
	}
}

func TestBehaviors(t *testing.T) {
	for _, c := range []struct {
		behavior string
		invert   bool
		want     []string
	}{
		{"Removed", false, []string{"The", "final", "countdown"}},
		{"Isolated", false, []string{"The", "-", "final", "-", "-", "countdown"}},
		{"MergedWithPrevious", false, []string{"The-", "final-", "-", "countdown"}},
		{"MergedWithNext", false, []string{"The", "-final", "-", "-countdown"}},
		{"Contiguous", false, []string{"The", "-", "final", "--", "countdown"}},
		{"Removed", true, []string{"-", "-", "-"}},
		{"Isolated", true, []string{"The", "-", "final", "-", "-", "countdown"}},
		{"MergedWithPrevious", true, []string{"The", "-final", "-", "-countdown"}},
		{"MergedWithNext", true, []string{"The-", "final-", "-", "countdown"}},
		{"Contiguous", true, []string{"The", "-", "final", "--", "countdown"}},
	} {
		raw := fmt.Sprintf(`{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"String":"-"},"behavior":%q,"invert":%t},%s]}`,
			c.behavior, c.invert, byteLevel)
		p, err := parsePreTokenizer([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for word, err := range p.words(&scratch{}, "The-final--countdown") {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(word))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s invert=%t (-want +got):\n%s", c.behavior, c.invert, diff)
		}
	}
}

// The LLaDA pattern folds case as Unicode does and knows white space beyond
// ASCII; an engine that does neither gives other ids.
func TestLLaDAPattern(t *testing.T) {
	tok := tiny(t)
	for text, want := range map[string][]string{
		"it'ſ x'LLa":           {"it", "'ſ", " x", "'LL", "a"},
		"\u3000\u3000全角":       {"\u3000", "\u3000全角"},
		"a\u00a0b \u2028\n\nc": {"a", "\u00a0b", " \u2028\n\n", "c"},
		"x  12y":               {"x", " ", " ", "1", "2", "y"},
	} {
		var got []string
		for word, err := range tok.pre.words(&scratch{}, text) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(word))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestIllFormed(t *testing.T) {
	tok := tiny(t)
	for text, want := range map[string]string{
		"a\xffb":               "a\ufffdb",
		"\xe2\x82":             "\ufffd",
		"\xe2\x82A":            "\ufffdA",
		"\xf0\x9f\x98\xf0":     "\ufffd\ufffd",
		"\xed\xa0\x80":         "\ufffd\ufffd\ufffd",
		"\xc0\xaf\xe0\x80\xbf": "\ufffd\ufffd\ufffd\ufffd\ufffd",
		"\xf4\x90\x80\x80":     "\ufffd\ufffd\ufffd\ufffd",
	} {
		if got := toValid(text); got != want {
			t.Errorf("toValid(%q) = %q, want %q", text, got, want)
		}
		var ids []int32 // the bytes themselves
		for _, b := range []byte(text) {
			ids = append(ids, tok.bpe.bytes[b])
		}
		if got := tok.Decode(ids, false); got != want {
			t.Errorf("Decode of bytes %q = %q, want %q", text, got, want)
		}
		got, err := tok.Encode(text)
		if err != nil || tok.Decode(got, false) != want {
			t.Errorf("Encode(%q): %v, %v", text, got, err)
		}
	}
}

func TestSlowPattern(t *testing.T) {
	tok, err := Parse([]byte(regex(`(a|aa|aaa)+(?=c)`)))
	if err != nil {
		t.Fatal(err)
	}
	tok.pre.splits[0].re.MatchTimeout = 50 * time.Millisecond
	if ids, err := tok.Encode(strings.Repeat("a", 5000) + "b"); err == nil {
		t.Errorf("got %d ids, want an error", len(ids))
	}
}

// A word without spaces must not take quadratic time: at this
// length that would be minutes.
func TestLongWords(t *testing.T) {
	tok := tiny(t)
	for _, word := range []string{"a", "abcde", "the", " ", "\n", "<", "\u0301", "-"} {
		text := strings.Repeat(word, 100_000/len(word))
		ids, err := tok.Encode(text)
		if err != nil || tok.Decode(ids, false) != text {
			t.Errorf("%q repeated: %v", word, err)
		}
	}
}

func TestConcurrent(t *testing.T) {
	tok := tiny(t)
	text := english(t)
	want, err := tok.Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				if got, err := tok.Encode(text); err != nil || !slices.Equal(got, want) {
					t.Error("another result in parallel")
				}
			}
		})
	}
	group.Wait()
}

func TestRoundTrip(t *testing.T) {
	tok := tiny(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		checkText(t, tok, text)
	})
}

type tester interface{ Fatalf(string, ...any) }

// checkText checks what holds for every text under a null normalizer.
func checkText(t tester, tok *Tokenizer, text string) {
	ids, err := tok.Encode(text)
	if err != nil {
		t.Fatalf("Encode(%q): %v", text, err)
	}
	if got, want := tok.Decode(ids, false), toValid(text); got != want {
		t.Fatalf("Decode(Encode(%q)) = %q", text, got)
	}
	checkStream(t, tok, ids)
}

func checkStream(t tester, tok *Tokenizer, ids []int32) {
	for _, skip := range []bool{false, true} {
		var text strings.Builder
		s := tok.NewStream(skip)
		for i := range len(ids) + 1 {
			piece := s.Flush
			if i < len(ids) {
				piece = func() string { return s.Write(ids[i]) }
			}
			p := piece()
			if !utf8.ValidString(p) {
				t.Fatalf("stream of %v: piece %d is %q", ids, i, p)
			}
			text.WriteString(p)
		}
		if want := tok.Decode(ids, skip); text.String() != want {
			t.Fatalf("stream of %v gave %q, want %q", ids, text.String(), want)
		}
	}
}

func TestStream(t *testing.T) {
	tok := tiny(t)
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(rapid.Int32Range(94, 255), rapid.Int32Range(-2, 2060))
		checkStream(t, tok, rapid.SliceOf(id).Draw(t, "ids"))
	})
	s := tok.NewStream(false)
	var pieces []string
	for _, b := range []byte("x😀") {
		pieces = append(pieces, s.Write(tok.bpe.bytes[b]))
	}
	if diff := cmp.Diff([]string{"x", "", "", "", "😀"}, pieces); diff != "" {
		t.Errorf("pieces (-want +got):\n%s", diff)
	}
}

// TestMergeOrder compares with merging by the definition.
func TestMergeOrder(t *testing.T) {
	tok := tiny(t)
	rapid.Check(t, func(t *rapid.T) {
		word := []byte(rapid.StringMatching(`[ a-eh-ort]{0,60}`).Draw(t, "word"))
		var want []int32
		for _, b := range word {
			want = append(want, tok.bpe.bytes[b])
		}
		for {
			best, at := merge{rank: 1 << 30}, -1
			for i := 0; i+1 < len(want); i++ {
				if m, ok := tok.bpe.merges[pair{want[i], want[i+1]}]; ok && m.rank < best.rank {
					best, at = m, i
				}
			}
			if at < 0 {
				break
			}
			want = slices.Replace(want, at, at+2, best.id)
		}
		if got := tok.bpe.encode(nil, &merger{}, word); !slices.Equal(got, want) {
			t.Fatalf("%q: got %v, want %v", word, got, want)
		}
	})
}

// TestComposeAll compares NFC by the definition with package norm where runs of
// marks are short enough for that to be the same.
func TestComposeAll(t *testing.T) {
	runes := []rune("aeoAqḉạ\u0301\u0323\u0327\u0345\u0308\u0344\u0f73\u0f71\u0f72\u1100\u1161\u11a8\uac00\uac01\u212b\u0958\u3099か\u09c7\u09be日")
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom(runes), 0, 9).Draw(t, "runes"))
		if got, want := composeAll(text), norm.NFC.String(text); got != want {
			t.Fatalf("%+q: got %+q, want %+q", text, got, want)
		}
	})
}
