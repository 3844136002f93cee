package tokenizer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// maxContent bounds an added token and maxContents all of them, in bytes.
const (
	maxContent  = 4096
	maxContents = 4 << 20
)

// parseAdded reads the added tokens and builds both matchers. The ids of the
// file hold; where they contradict the vocabulary, or the numbers that
// huggingface/tokenizers gives, there is no right answer.
func (t *Tokenizer) parseAdded(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	if !isList(raw) {
		return refused("added_tokens", raw, "want a list")
	}
	n := newNumbering(t.bpe)
	i, bytes := -1, 0
	for raw := range values(raw) {
		i++
		o := newObject(index("added_tokens", i), raw)
		a := takeAdded(o)
		if err := o.done(); err != nil {
			return err
		}
		if a.Content == "" { // never matches
			continue
		}
		if id, twice := n.added[a.Content]; twice {
			if id == a.ID { // the reference passes over it
				continue
			}
			return fmt.Errorf("%s.content: %s: added twice", o.path, quote(a.Content))
		}
		if token, ok := t.bpe.tokens[a.ID]; ok && token != a.Content {
			return fmt.Errorf("%s.id: %d: the vocabulary gives it to %s", o.path, a.ID, quote(token))
		}
		if id, ok := t.bpe.vocab[a.Content]; ok && id != a.ID {
			return fmt.Errorf("%s.id: %d: the vocabulary gives %s the id %d", o.path, a.ID, quote(a.Content), id)
		}
		if _, ok := t.bpe.vocab[a.Content]; !ok && a.ID != n.next {
			return fmt.Errorf("%s.id: %d: tokens that the vocabulary lacks are numbered in the order of the list, behind it and without gaps, which gives %s the id %d",
				o.path, a.ID, quote(a.Content), n.next)
		}
		n.note(a.Content, a.ID)
		if bytes += len(a.Content); bytes > maxContents {
			return fmt.Errorf("added_tokens: larger than %d MB together", maxContents>>20)
		}
		t.added = append(t.added, a)
	}
	slices.SortFunc(t.added, func(a, b Added) int { return cmp.Compare(a.ID, b.ID) })
	return t.buildMatchers()
}

// numbering knows the id that huggingface/tokenizers gives to the next added token
// that the vocabulary lacks, whatever a file says (added_vocabulary.rs, add_tokens).
type numbering struct {
	added map[string]int32
	next  int32
}

func newNumbering(b *bpe) *numbering {
	return &numbering{map[string]int32{}, int32(len(b.vocab))}
}

// note takes a token that has its id.
func (n *numbering) note(content string, id int32) {
	n.added[content] = id
	n.next = max(n.next, id+1)
}

func takeAdded(o *object) (a Added) {
	id := o.take("id")
	a.Content = o.str("content")
	a.Special = o.bool("special")
	a.SingleWord = o.bool("single_word")
	a.LStrip = o.bool("lstrip")
	a.RStrip = o.bool("rstrip")
	a.Normalized = o.bool("normalized")
	if o.err != nil {
		return
	}
	var err error
	if id == nil {
		o.fail(fmt.Errorf("%s.id: missing", o.path))
	} else if a.ID, err = parseID(string(id)); err != nil {
		o.fail(fmt.Errorf("%s.id: %w", o.path, err))
	}
	if len(a.Content) > maxContent {
		o.fail(fmt.Errorf("%s.content: %d bytes: want at most %d", o.path, len(a.Content), maxContent))
	}
	return
}

// buildMatchers sorts the added tokens into the two that look for them.
func (t *Tokenizer) buildMatchers() error {
	for _, a := range t.added {
		if a.Normalized {
			t.normalized.add(t.normalizer.apply(a.Content), a)
		} else {
			t.literal.add(a.Content, a)
		}
	}
	if err := t.literal.build(); err != nil {
		return err
	}
	return t.normalized.build()
}
