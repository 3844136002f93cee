package tokenizer

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"llada/formats"
)

// matcher finds added tokens in text: the sorted list of what they look like,
// searched for the longest that a text begins with.
type matcher struct {
	tokens []pattern
	starts [256]bool // first bytes

	// What Cut asks: which bytes follow one another within patterns, whether a
	// match takes white space along, and the outer bytes of those that stand alone.
	joined               [1 << 16]bool
	lstrip, rstrip       bool
	wordStarts, wordEnds [256]bool
}

// pattern is the text that an added token matches.
type pattern struct {
	text   string
	token  Added
	prefix int // the longest other pattern that text begins with, -1 without one
}

func (m *matcher) add(text string, a Added) {
	if text == "" {
		return
	}
	m.tokens = append(m.tokens, pattern{text, a, -1})
	m.starts[text[0]] = true
	for i := 1; i < len(text); i++ {
		m.joined[int(text[i-1])<<8|int(text[i])] = true
	}
	m.lstrip, m.rstrip = m.lstrip || a.LStrip, m.rstrip || a.RStrip
	if a.SingleWord {
		m.wordStarts[text[0]], m.wordEnds[text[len(text)-1]] = true, true
	}
}

// build sorts what was added.
func (m *matcher) build() error {
	slices.SortFunc(m.tokens, func(a, b pattern) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.token.ID, b.token.ID))
	})
	for i := 1; i < len(m.tokens); i++ {
		p := &m.tokens[i]
		if p.text == m.tokens[i-1].text {
			return fmt.Errorf("added token %s equals another once normalized", quote(p.token.Content))
		}
		// What p begins with stands on the path of the one before, or is it.
		for p.prefix = i - 1; p.prefix >= 0 && !strings.HasPrefix(p.text, m.tokens[p.prefix].text); {
			p.prefix = m.tokens[p.prefix].prefix
		}
	}
	return nil
}

// longest is the longest pattern that stands at text[i:] and that g lets pass, nil
// without one. It takes a few comparisons of strings, however many patterns there
// are.
func (m *matcher) longest(text string, i int, g *guard) *pattern {
	if !m.starts[text[i]] {
		return nil
	}
	rest := text[i:]
	at, exact := slices.BinarySearchFunc(m.tokens, rest, func(p pattern, s string) int { return strings.Compare(p.text, s) })
	if !exact {
		at--
	}
	for ; at >= 0; at = m.tokens[at].prefix {
		p := &m.tokens[at]
		if strings.HasPrefix(rest, p.text) && !g.refuses(p.token.ID, i, i+len(p.text)) {
			return p
		}
	}
	return nil
}

// split cuts text at the added tokens it contains and g lets pass, leftmost first,
// longest among those: pairs of a token's id and nothing, or -1 and the span of text
// between tokens.
//
// The order of the rules is that of huggingface/tokenizers:
// added_vocabulary.rs, find_matches. A match that SingleWord turns down still
// hides the tokens within it, and space that RStrip took may hold the next one.
func (m *matcher) split(text string, g *guard) iter.Seq2[int32, formats.Span] {
	return func(yield func(int32, formats.Span) bool) {
		from := 0
		for i := 0; i < len(text) && m.tokens != nil; {
			p := m.longest(text, i, g)
			if p == nil {
				i++
				continue
			}
			start, stop, r := i, i+len(p.text), &p.token
			i = stop
			if r.SingleWord && (endsWithWord(text[:start]) || startsWithWord(text[stop:])) {
				continue
			}
			if r.LStrip {
				start = spaceBefore(text, start, from)
			}
			if r.RStrip {
				stop = spaceAfter(text, stop)
			}
			if from < start && !yield(-1, formats.Span{Lo: from, Hi: start}) {
				return
			}
			if !yield(r.ID, formats.Span{}) {
				return
			}
			from = stop
		}
		if from < len(text) {
			yield(-1, formats.Span{Lo: from, Hi: len(text)})
		}
	}
}

// spaceBefore moves start left over white space, to low at the most.
func spaceBefore(text string, start, low int) int {
	for start > low {
		r, n := utf8.DecodeLastRuneInString(text[low:start])
		if !unicode.IsSpace(r) {
			return start
		}
		start -= n
	}
	return max(start, low)
}

func spaceAfter(text string, stop int) int {
	for stop < len(text) {
		r, n := utf8.DecodeRuneInString(text[stop:])
		if !unicode.IsSpace(r) {
			break
		}
		stop += n
	}
	return stop
}

func endsWithWord(text string) bool {
	r, n := utf8.DecodeLastRuneInString(text)
	return n > 0 && isWord(r)
}

func startsWithWord(text string) bool {
	r, n := utf8.DecodeRuneInString(text)
	return n > 0 && isWord(r)
}

// isWord is \w of UTS #18 Annex C.
func isWord(r rune) bool {
	const zwnj, zwj = 0x200C, 0x200D
	return unicode.In(r, unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc) ||
		r == zwnj || r == zwj
}
