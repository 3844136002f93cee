package tokenizer

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Cut is the last place in text, a beginning of a longer text, where it may be cut:
// the ids of both parts, one after the other, are those of the whole, whatever comes
// before and after. It is 0 where there is none.
//
// Such a place lies between two characters that no added token and no word can
// join, and across which no attempt to match a word looks; a word must surely end
// there. Between a letter and the space after it that is so under all patterns in
// use. Patterns that look back or ask for the end of the text have no such place.
func (t *Tokenizer) Cut(text string) int {
	steps := t.positions()
	seen := map[rune][]set{}
	places := func(r rune) []set {
		if s, ok := seen[r]; ok {
			return s
		}
		s := make([]set, len(steps))
		for i, p := range steps {
			if p != nil {
				s[i] = p.places(r)
			}
		}
		seen[r] = s
		return s
	}
	for i := len(text) - 1; i > 0; i-- {
		if !utf8.RuneStart(text[i]) {
			continue
		}
		b, n := utf8.DecodeRuneInString(text[i:])
		a, m := utf8.DecodeLastRuneInString(text[:i])
		if b == utf8.RuneError && n == 1 || a == utf8.RuneError && m == 1 {
			continue // not whole
		}
		if t.wordsPart(steps, places(a), places(b)) && t.normalizer.parts(a, b) &&
			t.literal.parts(a, b) && t.normalized.parts(a, b) {
			return i
		}
	}
	return 0
}

// wordsPart reports whether pre-tokenizing surely parts a from b: a step ends a word
// there, and no step before it looks across.
func (t *Tokenizer) wordsPart(steps []*positions, a, b []set) bool {
	for i, p := range steps {
		if p == nil || !p.apart(a[i], b[i]) {
			return false
		}
		if p.root.sure(b[i]) {
			return true
		}
	}
	return false
}

// findSteps analyses the splitters in order; nil stands for what cannot be parted.
func (p *preTokenizer) findSteps() (steps []*positions) {
	find := func(s *splitter) *positions {
		if s.behavior != isolated && s.behavior != removed {
			return nil // joins words across the place
		}
		return findPositions(s.re.String())
	}
	for i := range p.splits {
		steps = append(steps, find(&p.splits[i]))
	}
	if p.own != nil && !p.prefixSpace { // else a part would begin with a space of its own
		steps = append(steps, find(p.own))
	}
	return steps
}

// parts reports whether normalizing leaves a and b as they are and next to each
// other.
func (n normalizer) parts(a, b rune) bool {
	if !n.nfc {
		return true
	}
	fixed := func(r rune) bool {
		s := string(r)
		return norm.NFC.PropertiesString(s).BoundaryBefore() && norm.NFC.IsNormalString(s)
	}
	return fixed(a) && fixed(b)
}

// parts reports whether no match of an added token reaches or looks from a to b. It
// goes by bytes, which is stricter.
func (m *matcher) parts(a, b rune) bool {
	last, first := lastByte(a), firstByteOf(b)
	switch {
	case m.joined[int(last)<<8|int(first)]:
		return false
	case m.rstrip && unicode.IsSpace(b), m.lstrip && unicode.IsSpace(a):
		return false
	case m.wordEnds[last] && isWord(b), m.wordStarts[first] && isWord(a):
		return false
	}
	return true
}

func lastByte(r rune) byte {
	var b [utf8.UTFMax]byte
	return b[utf8.EncodeRune(b[:], r)-1]
}

func firstByteOf(r rune) byte {
	var b [utf8.UTFMax]byte
	utf8.EncodeRune(b[:], r)
	return b[0]
}
