package tokenizer

import (
	"iter"
	"unicode"
	"unicode/utf8"

	"llada/formats"
)

// split cuts text at the added tokens it contains and g lets pass, leftmost first,
// longest among those: pairs of a token's id and nothing, or -1 and the span of text
// between tokens.
//
// The order of the rules is that of huggingface/tokenizers:
// added_vocabulary.rs, find_matches. A match that singleWord turns down still
// hides the tokens within it, and space that rstrip took may hold the next one.
func (m *matcher) split(text string, g *guard) iter.Seq2[int32, formats.Span] {
	return func(yield func(int32, formats.Span) bool) {
		from := 0
		for i := 0; i < len(text) && m.edges != nil; {
			if !m.starts[text[i]] {
				i++
				continue
			}
			r, end := m.longest(text, i, g)
			if end < 0 {
				i++
				continue
			}
			start, stop := i, end
			i = end
			if r.singleWord && (endsWithWord(text[:start]) || startsWithWord(text[stop:])) {
				continue
			}
			if r.lstrip {
				start = spaceBefore(text, start, from)
			}
			if r.rstrip {
				stop = spaceAfter(text, stop)
			}
			if from < start && !yield(-1, formats.Span{Lo: from, Hi: start}) {
				return
			}
			if !yield(r.id, formats.Span{}) {
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
