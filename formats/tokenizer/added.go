package tokenizer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// maxContent bounds the time that matching one added token takes.
const maxContent = 4096

// parseAdded reads the added tokens and builds both matchers. The ids of the
// file hold; where they contradict the vocabulary, there is no right answer.
func (t *Tokenizer) parseAdded(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return refused("added_tokens", raw, "want a list")
	}
	ids, contents := map[int32]bool{}, map[string]bool{}
	for i, raw := range list {
		o := newObject(index("added_tokens", i), raw)
		a, rule, normalized := takeAdded(o)
		if err := o.done(); err != nil {
			return err
		}
		if ids[a.ID] {
			return fmt.Errorf("%s.id: %d: given to two added tokens", o.path, a.ID)
		}
		if contents[a.Content] {
			return fmt.Errorf("%s.content: %s: added twice", o.path, quote(a.Content))
		}
		if id, ok := t.bpe.vocab[a.Content]; ok && id != a.ID {
			return fmt.Errorf("%s.id: %d: the vocabulary gives %s the id %d", o.path, a.ID, quote(a.Content), id)
		}
		if token, ok := t.bpe.tokens[a.ID]; ok && token != a.Content {
			return fmt.Errorf("%s.id: %d: the vocabulary gives it to %s", o.path, a.ID, quote(token))
		}
		ids[a.ID], contents[a.Content] = true, true
		t.added = append(t.added, a)

		var err error
		if normalized {
			err = t.normalized.add(t.normalizer.apply(a.Content), rule)
		} else {
			err = t.literal.add(a.Content, rule)
		}
		if err != nil {
			return fmt.Errorf("%s.content: %s: %w", o.path, quote(a.Content), err)
		}
	}
	slices.SortFunc(t.added, func(a, b Added) int { return cmp.Compare(a.ID, b.ID) })
	return nil
}

func takeAdded(o *object) (a Added, r rule, normalized bool) {
	id := o.take("id")
	a.Content = o.str("content")
	a.Special = o.bool("special")
	r.singleWord = o.bool("single_word")
	r.lstrip = o.bool("lstrip")
	r.rstrip = o.bool("rstrip")
	normalized = o.bool("normalized")
	if o.err != nil {
		return
	}
	var err error
	if id == nil {
		o.fail(fmt.Errorf("%s.id: missing", o.path))
	} else if a.ID, err = parseID(string(id)); err != nil {
		o.fail(fmt.Errorf("%s.id: %w", o.path, err))
	}
	if a.Content == "" || len(a.Content) > maxContent {
		o.fail(fmt.Errorf("%s.content: %d bytes: want 1 to %d", o.path, len(a.Content), maxContent))
	}
	r.id = a.ID
	return
}

// rule is how an added token matches.
type rule struct {
	id             int32
	singleWord     bool // not next to a letter, digit, mark or connector
	lstrip, rstrip bool // takes the white space before, after it along
}

// matcher finds added tokens in text: a trie over bytes.
type matcher struct {
	edges  map[edge]int32 // child of a node
	rules  map[int32]rule // of the nodes where a token ends
	starts [256]bool      // first bytes
	nodes  int32

	// What Cut asks: which bytes follow one another within contents, whether a
	// match takes white space along, and the outer bytes of those that stand alone.
	joined               [1 << 16]bool
	lstrip, rstrip       bool
	wordStarts, wordEnds [256]bool
}

type edge struct {
	node int32
	b    byte
}

var errSameContent = errors.New("equals another added token once normalized")

func (m *matcher) add(content string, r rule) error {
	if m.edges == nil {
		m.edges, m.rules = map[edge]int32{}, map[int32]rule{}
	}
	m.starts[content[0]] = true
	node := int32(0)
	for i := range len(content) {
		e := edge{node, content[i]}
		child, ok := m.edges[e]
		if !ok {
			m.nodes++
			child = m.nodes
			m.edges[e] = child
		}
		node = child
	}
	if _, ok := m.rules[node]; ok {
		return errSameContent
	}
	m.rules[node] = r
	m.note(content, r)
	return nil
}

func (m *matcher) note(content string, r rule) {
	for i := 1; i < len(content); i++ {
		m.joined[int(content[i-1])<<8|int(content[i])] = true
	}
	m.lstrip, m.rstrip = m.lstrip || r.lstrip, m.rstrip || r.rstrip
	if r.singleWord {
		m.wordStarts[content[0]], m.wordEnds[content[len(content)-1]] = true, true
	}
}

// longest is the end of the longest token that begins at text[i:] and that g lets
// pass.
func (m *matcher) longest(text string, i int, g *guard) (r rule, end int) {
	end = -1
	for node, j := int32(0), i; j < len(text); {
		child, ok := m.edges[edge{node, text[j]}]
		if !ok {
			break
		}
		node, j = child, j+1
		if found, ok := m.rules[node]; ok && !g.refuses(found.id, i, j) {
			r, end = found, j
		}
	}
	return r, end
}
