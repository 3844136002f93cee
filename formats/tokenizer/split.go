package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// behavior says what becomes of the text that a Split's pattern matches.
type behavior int

const (
	removed behavior = iota
	isolated
	mergedWithPrevious
	mergedWithNext
	contiguous
)

var behaviors = map[string]behavior{
	"Removed":            removed,
	"Isolated":           isolated,
	"MergedWithPrevious": mergedWithPrevious,
	"MergedWithNext":     mergedWithNext,
	"Contiguous":         contiguous,
}

// splitter is a Split.
type splitter struct {
	re       *regexp2.Regexp
	behavior behavior
	invert   bool // what the pattern leaves counts as matched
}

func takeSplit(o *object) (s splitter, err error) {
	pattern, name := o.take("pattern"), o.str("behavior")
	s.invert = o.bool("invert")
	if err := o.done(); err != nil {
		return s, err
	}
	var ok bool
	if s.behavior, ok = behaviors[name]; !ok {
		return s, fmt.Errorf("%s.behavior: %q is not supported", o.path, clip(name))
	}
	s.re, err = parsePattern(o.path+".pattern", pattern)
	return s, err
}

// parsePattern reads {"Regex": …} or {"String": …}.
func parsePattern(path string, raw json.RawMessage) (*regexp2.Regexp, error) {
	o := newObject(path, raw)
	var text string
	_, literal := o.fields["String"]
	if literal {
		text = regexp2.Escape(o.str("String"))
	} else {
		text = o.str("Regex")
	}
	if err := o.done(); err != nil {
		return nil, err
	}
	if !literal {
		if err := checkDialect(text); err != nil {
			return nil, fmt.Errorf("%s.Regex: %s: %w", path, clip(text), err)
		}
	}
	re, err := compile(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", path, clip(text), err)
	}
	return re, nil
}

// part is a stretch of text that a pattern matches, or one between matches.
type part struct {
	span
	match bool
}

// A pattern may take matchTimeout for a match, and for a text allowance and
// perRune for each of its characters.
const (
	matchTimeout = 5 * time.Second
	allowance    = 10 * time.Second
	perRune      = 2 * time.Microsecond
)

var errSlow = errors.New("the split pattern takes too long on this text")

// split appends the spans that w falls into; none is empty.
func (s *splitter) split(mem *scratch, runes []rune, w span, out []span) ([]span, error) {
	parts, err := s.parts(mem.parts[:0], runes[w.from:w.to])
	if err != nil {
		return out, err
	}
	mem.parts = parts
	for _, p := range s.behavior.join(parts) {
		if p.from < p.to && !(p.match && s.behavior == removed) {
			out = append(out, span{w.from + p.from, w.from + p.to})
		}
	}
	return out, nil
}

// parts cuts text into matches and what lies between them. An empty match next
// to another match does not count, as with Oniguruma's callers.
func (s *splitter) parts(parts []part, text []rune) (_ []part, err error) {
	defer func() {
		// Patterns are a stranger's; a fault of the engine must not end a server.
		if p := recover(); p != nil {
			err = fmt.Errorf("split pattern: %v", p)
		}
	}()
	if len(text) == 0 {
		return parts, nil
	}
	deadline := time.Now().Add(allowance + time.Duration(len(text))*perRune)
	end, last, count, slow := 0, -1, 0, false
	err = s.re.FindRunesMatches(text, 0, func(m regexp2.MatchView) bool {
		from, n, _ := m.GroupRange(0)
		if n == 0 && from == last {
			return true
		}
		if from > end {
			parts = append(parts, part{span{end, from}, s.invert})
		}
		parts = append(parts, part{span{from, from + n}, !s.invert})
		end, last = from+n, from+n
		if count++; count%16 == 0 {
			slow = time.Now().After(deadline)
		}
		return !slow
	})
	if err != nil {
		return parts, fmt.Errorf("split pattern: %w", err)
	}
	if slow {
		return parts, errSlow
	}
	if end < len(text) {
		parts = append(parts, part{span{end, len(text)}, s.invert})
	}
	return parts, nil
}

// join merges neighbouring parts in place (huggingface/tokenizers:
// normalizer.rs, split, fold for fold).
func (b behavior) join(parts []part) []part {
	switch b {
	case contiguous:
		return fold(parts, func(match, previous bool) bool { return match == previous })
	case mergedWithPrevious:
		return fold(parts, func(match, previous bool) bool { return match && !previous })
	case mergedWithNext:
		return foldBack(parts, func(match, previous bool) bool { return match && !previous })
	}
	return parts
}

func fold(parts []part, merge func(match, previous bool) bool) []part {
	out, previous := parts[:0], false
	for _, p := range parts {
		if merge(p.match, previous) && len(out) > 0 {
			out[len(out)-1].to = p.to
		} else {
			out = append(out, p)
		}
		previous = p.match
	}
	return out
}

func foldBack(parts []part, merge func(match, previous bool) bool) []part {
	at, previous := len(parts), false
	for i := len(parts) - 1; i >= 0; i-- {
		p := parts[i]
		if merge(p.match, previous) && at < len(parts) {
			parts[at].from = p.from
		} else {
			at--
			parts[at] = p
		}
		previous = p.match
	}
	return parts[at:]
}
