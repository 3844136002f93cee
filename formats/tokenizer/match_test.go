package tokenizer

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The longest pattern is the one that trying them all finds.
func TestLongest(t *testing.T) {
	word := rapid.StringMatching(`[ab]{1,6}`)
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.SliceOfDistinct(word, rapid.ID[string]).Draw(t, "patterns")
		var m matcher
		for i, w := range set {
			m.add(w, Added{ID: int32(i)})
		}
		if err := m.build(); err != nil {
			t.Fatal(err)
		}
		text := rapid.StringMatching(`[abc]{1,9}`).Draw(t, "text")
		want := ""
		for _, w := range set {
			if strings.HasPrefix(text, w) && len(w) > len(want) {
				want = w
			}
		}
		got := ""
		if p := m.longest(text, 0, nil); p != nil {
			got = p.text
		}
		if got != want {
			t.Fatalf("%q of %q in %q, want %q", got, set, text, want)
		}
	})
}

// Many long added tokens that share their beginnings are a list of strings, no
// tree of their bytes; more than fit a bound are refused.
func TestManyLongAddedTokens(t *testing.T) {
	list := func(n int) string {
		var b strings.Builder
		stem := strings.Repeat("a", maxContent-8)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strings.Replace(addedX, `"id":4,"content":"x"`, `"id":`+strconv.Itoa(4+i)+`,"content":"`+stem+strconv.Itoa(1000000+i)+`"`, 1))
		}
		return small("added_tokens", "["+b.String()+"]")
	}
	tok, err := Parse([]byte(list(1000)))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(tok.literal.tokens); n != 1000 {
		t.Errorf("%d patterns", n)
	}
	ids, err := tok.Encode(strings.Repeat("a", 3*maxContent) + "1000007" + "ab")
	if err != nil || ids[len(ids)-2] != 11 {
		t.Errorf("ids end in %v, %v", ids[len(ids)-3:], err)
	}
	if _, err := Parse([]byte(list(1040))); err == nil || !strings.HasSuffix(err.Error(), "added_tokens: larger than 4 MB together") {
		t.Errorf("error %v", err)
	}
}
