package tokenizer

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// positions are the places of a pattern that take a character, and which may be
// tried after which (Glushkov's automaton), lookaheads included. They say where a
// match surely ends, whatever the text goes on with.
type positions struct {
	root   *node
	leaves []*regexp2.Regexp // the class of a place, as the engine understands it
	follow []set
	opaque bool // holds what this analysis does not see through
}

// maxLeaves bounds the table of what follows what. Patterns in use have some 50.
const maxLeaves = 256

// set is a set of places.
type set [maxLeaves / 64]uint64

func (s *set) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s *set) has(i int) bool { return s[i/64]>>(i%64)&1 == 1 }

func (s *set) join(o set) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s *set) meets(o set) bool {
	for i := range s {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

// node is a part of a pattern.
type node struct {
	kind     kind
	leaf     int
	parts    []*node
	least    int // of a repetition
	first    set
	last     set
	nullable bool
	looks    bool // holds a lookahead
}

type kind int

const (
	leaf kind = iota
	sequence
	choice
	repetition
	lookahead
)

// findPositions analyses a pattern that checkDialect passes. It gives nil where
// what matches depends on more than the characters from a place on, and where a
// match may be empty.
func findPositions(pattern string) *positions {
	p := &positions{}
	r := &patternReader{rest: pattern, positions: p}
	p.root = r.choice()
	if p.opaque = p.opaque || r.rest != ""; p.opaque {
		return nil
	}
	p.follow = make([]set, len(p.leaves))
	if p.connect(p.root); p.opaque || p.root.nullable {
		return nil
	}
	return p
}

// connect fills in what a node begins and ends with and what follows what in it.
func (p *positions) connect(n *node) {
	for _, c := range n.parts {
		p.connect(c)
		n.looks = n.looks || c.looks
	}
	switch n.kind {
	case leaf:
		n.first.add(n.leaf)
		n.last.add(n.leaf)
	case sequence:
		n.nullable = true
		for _, c := range n.parts {
			p.tie(n.last, c.first)
			if n.nullable {
				n.first.join(c.first)
			}
			if !c.nullable {
				n.last = set{}
			}
			n.last.join(c.last)
			n.nullable = n.nullable && c.nullable
		}
	case choice:
		for _, c := range n.parts {
			n.first.join(c.first)
			n.last.join(c.last)
			n.nullable = n.nullable || c.nullable
		}
	case repetition:
		c := n.parts[0]
		n.first, n.last, n.nullable = c.first, c.last, c.nullable || n.least == 0
		p.tie(c.last, c.first)
	case lookahead: // takes nothing; what it tries comes beside what follows
		n.first, n.nullable, n.looks = n.parts[0].first, true, true
		p.opaque = p.opaque || n.parts[0].nullable
	}
}

func (p *positions) tie(last, first set) {
	for i := range p.leaves {
		if last.has(i) {
			p.follow[i].join(first)
		}
	}
}

// places are those whose class has r.
func (p *positions) places(r rune) (s set) {
	for i, re := range p.leaves {
		if ok, err := re.MatchRunes([]rune{r}); ok || err != nil {
			s.add(i)
		}
	}
	return s
}

// apart reports whether no attempt to match that has taken a goes on to take or to
// look at b: to all of them b is as the end of the text.
func (p *positions) apart(a, b set) bool {
	for i := range p.leaves {
		if a.has(i) && p.follow[i].meets(b) {
			return false
		}
	}
	return true
}

// sure reports whether n matches wherever the next character is at the places of
// b, whatever comes after it.
func (n *node) sure(b set) bool {
	switch n.kind {
	case leaf:
		return b.has(n.leaf)
	case choice:
		for _, c := range n.parts {
			if c.sure(b) {
				return true
			}
		}
	case repetition:
		return n.least == 1 && n.parts[0].sure(b)
	case sequence:
		for i, c := range n.parts {
			switch {
			case c.looks:
				return false
			case c.nullable && !c.first.meets(b):
				continue
			case !c.sure(b):
				return false
			}
			for _, rest := range n.parts[i+1:] {
				if !(rest.kind == repetition && rest.least == 0) {
					return false
				}
			}
			return true
		}
	}
	return false
}

// patternReader reads the dialect that checkDialect passes.
type patternReader struct {
	*positions
	rest string
	fold bool // within (?i:…)
}

func (r *patternReader) choice() *node {
	n := &node{kind: choice}
	for {
		n.parts = append(n.parts, r.sequence())
		if r.opaque || !strings.HasPrefix(r.rest, "|") {
			return n
		}
		r.rest = r.rest[1:]
	}
}

func (r *patternReader) sequence() *node {
	n := &node{kind: sequence}
	for !r.opaque && r.rest != "" && r.rest[0] != '|' && r.rest[0] != ')' {
		n.parts = append(n.parts, r.repeated(r.atom()))
	}
	return n
}

// atom reads a group, a class, an escape or a character.
func (r *patternReader) atom() *node {
	n := 0
	switch c := r.rest[0]; c {
	case '(':
		return r.group()
	case '^', '$':
		r.opaque = true
		return &node{}
	case '[':
		for n = 1; n < len(r.rest) && r.rest[n] != ']'; n++ {
			if r.rest[n] == '\\' {
				n++
			}
		}
		n = min(n+1, len(r.rest))
	case '\\':
		var err error
		if n, err = checkEscape(r.rest); err != nil || strings.ContainsAny(r.rest[1:2], "AzZ") {
			r.opaque = true
			return &node{}
		}
	default:
		_, n = utf8.DecodeRuneInString(r.rest)
	}
	source := r.rest[:n]
	r.rest = r.rest[n:]
	if r.fold {
		source = "(?i:" + source + ")"
	}
	re, err := compile(source)
	if err != nil || len(r.leaves) == maxLeaves {
		r.opaque = true
		return &node{}
	}
	r.leaves = append(r.leaves, re)
	return &node{kind: leaf, leaf: len(r.leaves) - 1}
}

func (r *patternReader) group() *node {
	open, err := checkGroup(r.rest, true)
	if err != nil {
		r.opaque = true
		return &node{}
	}
	head, fold := r.rest[:open], r.fold
	r.rest = r.rest[open:]
	switch head {
	case "(?i)": // checkDialect has seen that it begins the pattern
		r.fold = true
		return &node{kind: sequence}
	case "(?i:":
		r.fold = true
	case "(?-i:":
		r.fold = false
	case "(?<=", "(?<!":
		r.opaque = true
	}
	n := r.choice()
	r.fold = fold
	if !strings.HasPrefix(r.rest, ")") {
		r.opaque = true
		return n
	}
	r.rest = r.rest[1:]
	if head == "(?=" || head == "(?!" {
		return &node{kind: lookahead, parts: []*node{n}}
	}
	return n
}

// repeated reads what stands behind an atom.
func (r *patternReader) repeated(n *node) *node {
	for !r.opaque && r.rest != "" {
		least := 0
		switch c := r.rest[0]; c {
		case '*', '?':
		case '+':
			least = 1
		case '{':
			inner, after, _ := strings.Cut(r.rest[1:], "}")
			low, _, _ := strings.Cut(inner, ",")
			least, _ = strconv.Atoi(low)
			r.rest = r.rest[len(r.rest)-len(after)-1:]
		default:
			return n
		}
		r.rest = r.rest[1:]
		if r.rest != "" && (r.rest[0] == '?' || r.rest[0] == '+') { // lazy, possessive
			r.rest = r.rest[1:]
		}
		n = &node{kind: repetition, parts: []*node{n}, least: least}
	}
	return n
}
