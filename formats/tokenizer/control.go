package tokenizer

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"llada/formats"
)

// Control is the set of control tokens: those by which a prompt is laid out, so that
// who can write them can write turns of a conversation.
type Control struct {
	ids    map[int32]bool
	merged bool // merging can give one out of plain text
}

// Control finds the control tokens among the added ones: those that are special,
// those of the form <|…|>, and those in markup, what the chat template writes, unless
// they are words or white space. Others, such as runs of spaces or words that
// fine-tuning added, are text.
func (t *Tokenizer) Control(markup string) Control {
	c := Control{ids: map[int32]bool{}}
	for _, a := range t.added {
		form := strings.HasSuffix(a.Content, "|>") && strings.HasPrefix(a.Content, "<|") ||
			strings.HasSuffix(a.Content, "｜>") && strings.HasPrefix(a.Content, "<｜")
		if a.Special || form || isMarkup(a.Content) && strings.Contains(markup, a.Content) {
			c.ids[a.ID] = true
		}
	}
	for _, m := range t.bpe.merges {
		c.merged = c.merged || c.ids[m.id]
	}
	if t.bpe.ignoreMerges {
		for _, id := range t.bpe.vocab {
			c.merged = c.merged || c.ids[id]
		}
	}
	return c
}

func isMarkup(content string) bool {
	return strings.ContainsFunc(content, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.In(r, unicode.L, unicode.M, unicode.N)
	})
}

// Has reports whether id is a control token.
func (c Control) Has(id int32) bool { return c.ids[id] }

// EncodeInput gives the ids of text as Encode does, but for one thing: no control
// token is recognised where it would take a byte of input, whose spans are
// ascending and disjoint. typed are the control tokens that stood there, ascending.
// Of text that is no UTF-8 all counts as input.
func (t *Tokenizer) EncodeInput(text string, input []formats.Span, c Control) (ids, typed []int32, err error) {
	valid := toValid(text)
	if valid != text {
		input = []formats.Span{{Lo: 0, Hi: len(valid)}}
	}
	g := &guard{control: c, input: input, typed: map[int32]bool{}}
	ids, err = t.run(valid, g)
	for id := range g.typed {
		typed = append(typed, id)
	}
	slices.Sort(typed)
	return ids, typed, err
}

// guard says which bytes of a text control tokens must not take. A nil guard
// guards nothing.
type guard struct {
	control Control
	input   []formats.Span
	typed   map[int32]bool // shared: what was kept out
}

// refuses reports whether a token must not match at text[lo:hi].
func (g *guard) refuses(id int32, lo, hi int) bool {
	if g == nil || !g.control.ids[id] || !touches(g.input, lo, hi) {
		return false
	}
	g.typed[id] = true
	return true
}

// touches reports whether one of the spans has a byte of lo … hi−1.
func touches(spans []formats.Span, lo, hi int) bool {
	i := after(spans, lo)
	return i < len(spans) && spans[i].Lo < hi
}

// after is the first span that ends behind byte lo.
func after(spans []formats.Span, lo int) int {
	i, _ := slices.BinarySearchFunc(spans, lo, func(s formats.Span, lo int) int { return cmp.Compare(s.Hi, lo+1) })
	return i
}

// never are the ids that merging must not give.
func (g *guard) never() map[int32]bool {
	if g == nil || !g.control.merged || len(g.input) == 0 {
		return nil
	}
	return g.control.ids
}

// normalize is a part of the guarded text, normalized, and its guard.
func (g *guard) normalize(n normalizer, text string, part formats.Span) (string, *guard) {
	whole := n.apply(text[part.Lo:part.Hi])
	if g == nil {
		return whole, nil
	}
	in := &guard{control: g.control, typed: g.typed}
	if whole == text[part.Lo:part.Hi] {
		in.take(g.input, part, 0)
		return whole, in
	}
	// Characters that become others are all input if one of them is.
	at := 0
	for lo := part.Lo; lo < part.Hi; {
		hi := lo + max(1, norm.NFC.PropertiesString(text[lo:part.Hi]).Size())
		for hi < part.Hi {
			p := norm.NFC.PropertiesString(text[hi:part.Hi])
			if p.BoundaryBefore() {
				break
			}
			hi += max(1, p.Size())
		}
		group := n.apply(text[lo:hi])
		switch {
		case group == text[lo:hi]:
			in.take(g.input, formats.Span{Lo: lo, Hi: hi}, at)
		case touches(g.input, lo, hi):
			in.input = append(in.input, formats.Span{Lo: at, Hi: at + len(group)})
		}
		lo, at = hi, at+len(group)
	}
	return whole, in
}

// take adds what of spans lies in part of a text that now stands at byte at.
func (g *guard) take(spans []formats.Span, part formats.Span, at int) {
	for _, s := range spans[after(spans, part.Lo):] {
		if s.Lo >= part.Hi {
			break
		}
		g.input = append(g.input, formats.Span{Lo: at + max(s.Lo, part.Lo) - part.Lo, Hi: at + min(s.Hi, part.Hi) - part.Lo})
	}
}
