package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// parseModel reads the BPE model. Files of early versions name no type; what
// has a vocabulary and merges is BPE.
func parseModel(raw json.RawMessage) (*bpe, error) {
	o := newObject("model", raw)
	if _, ok := o.fields["type"]; ok {
		if kind := o.tagged(); kind != "BPE" {
			return nil, o.unknownType(kind, "BPE")
		}
	}
	o.only("dropout", "0", "0.0")
	o.only("continuing_subword_prefix", `""`)
	o.only("end_of_word_suffix", `""`)
	b := &bpe{ignoreMerges: o.boolOr("ignore_merges", false)}
	vocab, merges := o.optional("vocab"), o.optional("merges")
	if o.err == nil {
		o.fail(b.parseVocab(vocab))
	}
	if o.err == nil {
		o.fail(b.parseMerges(merges))
	}
	complete := true
	for i, r := range byteRunes {
		b.bytes[i] = -1 // such bytes are dropped: there is no unknown token
		if id, ok := b.vocab[string(r)]; ok {
			b.bytes[i] = id
		} else {
			complete = false
		}
	}
	// What to do with a byte that has no token: nothing has to be done where
	// every byte has one.
	if complete {
		for _, name := range []string{"unk_token", "fuse_unk", "byte_fallback"} {
			o.take(name)
		}
	}
	o.only("unk_token")
	o.only("fuse_unk", "false")
	o.only("byte_fallback", "false")
	return b, o.done()
}

// parseVocab reads the vocabulary into both its maps.
func (b *bpe) parseVocab(raw json.RawMessage) error {
	const path = "model.vocab"
	if !isObject(raw) {
		return refused(path, raw, "want an object")
	}
	const entry = 16 // bytes of one in a large file, about
	b.vocab = make(map[string]int32, len(raw)/entry)
	b.tokens = make(map[int32]string, len(raw)/entry)
	for token, value := range entries(raw) {
		id, err := parseID(string(value))
		if err != nil {
			return fmt.Errorf("%s[%s]: %w", path, quote(token), err)
		}
		if _, twice := b.vocab[token]; twice {
			return fmt.Errorf("%s[%s]: given twice", path, quote(token))
		}
		if other, twice := b.tokens[id]; twice {
			return fmt.Errorf("%s[%s]: %d: id of %s too", path, quote(token), id, quote(other))
		}
		b.vocab[token], b.tokens[id] = id, token
	}
	return nil
}

// parseMerges reads merges as "a b" or as ["a", "b"]. Their order is their
// rank; of two equal ones the later counts, as in the original.
func (b *bpe) parseMerges(raw json.RawMessage) error {
	const path = "model.merges"
	if !isList(raw) {
		return refused(path, raw, "want a list")
	}
	b.merges = make(map[pair]merge, len(b.vocab))
	i := int32(-1)
	for value := range values(raw) {
		i++
		if i == 0 && bytes.HasPrefix(value, []byte(`"#version`)) {
			continue // left of the first line of a merges.txt
		}
		left, right, ok := takePair(value)
		if !ok {
			return refused(index(path, int(i)), value, "want two tokens, as a list or with one space between")
		}
		var p pair
		m := merge{rank: i}
		for _, t := range []struct {
			id    *int32
			token string
		}{{&p.left, left}, {&p.right, right}, {&m.id, left + right}} {
			if *t.id, ok = b.vocab[t.token]; !ok {
				return fmt.Errorf("%s: %s: not in the vocabulary", index(path, int(i)), quote(t.token))
			}
		}
		b.merges[p] = m
	}
	return nil
}

func takePair(value json.RawMessage) (left, right string, ok bool) {
	if !isList(value) {
		left, right, ok = strings.Cut(unquote(value), " ")
		return left, right, ok && !strings.Contains(right, " ")
	}
	n := 0
	for token := range values(value) {
		if firstByte(token) != '"' {
			return "", "", false
		}
		left, right = right, unquote(token)
		n++
	}
	return left, right, n == 2
}
