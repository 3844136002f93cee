package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"unicode/utf8"
)

// preTokenizer cuts text into words: any number of Splits, then ByteLevel,
// whose spelling bpe does byte by byte.
type preTokenizer struct {
	splits      []splitter
	prefixSpace bool      // ByteLevel: each word begins with a space
	own         *splitter // ByteLevel: its own pattern, after the space
}

// span is a word within the runes of a text.
type span struct{ from, to int }

// gpt2Pattern is ByteLevel's own (use_regex).
const gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

var errByteLevel = errors.New("pre_tokenizer: want ByteLevel as the last step, once: only byte-level BPE is supported")

func parsePreTokenizer(raw json.RawMessage) (p preTokenizer, err error) {
	if raw == nil {
		return p, errByteLevel
	}
	byteLevels := 0
	if err := p.parse("pre_tokenizer", raw, maxDepth, &byteLevels); err != nil {
		return p, err
	}
	if byteLevels != 1 {
		return p, errByteLevel
	}
	return p, nil
}

func (p *preTokenizer) parse(path string, raw json.RawMessage, depth int, byteLevels *int) error {
	if depth == 0 {
		return fmt.Errorf("%s: %w", path, errDepth)
	}
	o := newObject(path, raw)
	kind := o.tagged()
	if o.err == nil && *byteLevels > 0 {
		return errByteLevel // a step after it would see the byte-level alphabet
	}
	switch kind {
	case "Sequence":
		for i, raw := range o.list("pretokenizers") {
			if err := p.parse(index(path+".pretokenizers", i), raw, depth-1, byteLevels); err != nil {
				return err
			}
		}
	case "Split":
		s, err := takeSplit(o)
		if err != nil {
			return err
		}
		p.splits = append(p.splits, s)
	case "ByteLevel":
		*byteLevels++
		var useRegex bool
		if p.prefixSpace, useRegex = takeByteLevel(o); useRegex {
			re, err := compile(gpt2Pattern)
			if err != nil {
				return err
			}
			p.own = &splitter{re: re, behavior: isolated}
		}
	default:
		return o.unknownType(kind, "Split, ByteLevel or Sequence")
	}
	return o.done()
}

// words yields the words of a text as bytes, valid until the next.
func (p *preTokenizer) words(s *scratch, text string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s.runes = s.runes[:0]
		for _, r := range text {
			s.runes = append(s.runes, r)
		}
		runes := s.runes
		s.spans = append(s.spans[:0], span{0, len(runes)})
		err := s.refine(p.splits, runes)
		if err == nil && p.prefixSpace {
			runes = s.prefix(runes)
		}
		if err == nil && p.own != nil {
			err = s.refine([]splitter{*p.own}, runes)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for _, w := range s.spans {
			s.word = s.word[:0]
			for _, r := range runes[w.from:w.to] {
				s.word = utf8.AppendRune(s.word, r)
			}
			if !yield(s.word, nil) {
				return
			}
		}
	}
}

// refine applies splitters to each of the spans in turn.
func (s *scratch) refine(splits []splitter, runes []rune) (err error) {
	for i := range splits {
		s.next = s.next[:0]
		for _, w := range s.spans {
			if s.next, err = splits[i].split(s, runes, w, s.next); err != nil {
				return err
			}
		}
		s.spans, s.next = s.next, s.spans
	}
	return nil
}

// prefix copies the spans' text with a space before each that begins with none.
func (s *scratch) prefix(runes []rune) []rune {
	out := make([]rune, 0, len(runes)+len(s.spans))
	for i, w := range s.spans {
		from := len(out)
		if w.from < w.to && runes[w.from] != ' ' {
			out = append(out, ' ')
		}
		out = append(out, runes[w.from:w.to]...)
		s.spans[i] = span{from, len(out)}
	}
	return out
}
