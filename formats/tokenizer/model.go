package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
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
	o.only("unk_token")
	o.only("continuing_subword_prefix", `""`)
	o.only("end_of_word_suffix", `""`)
	o.only("fuse_unk", "false")
	o.only("byte_fallback", "false")
	b := &bpe{ignoreMerges: o.boolOr("ignore_merges", false)}
	vocab, merges := o.optional("vocab"), o.optional("merges")
	if err := o.done(); err != nil {
		return nil, err
	}
	var err error
	if b.vocab, err = parseVocab(vocab); err != nil {
		return nil, err
	}
	if err := b.parseMerges(merges); err != nil {
		return nil, err
	}
	for i, r := range byteRunes {
		b.bytes[i] = -1 // such bytes are dropped: there is no unknown token
		if id, ok := b.vocab[string(r)]; ok {
			b.bytes[i] = id
		}
	}
	return b, nil
}

// parseVocab reads tokens and ids by hand: of two equal names a map would keep
// one without a word.
func parseVocab(raw json.RawMessage) (map[string]int32, error) {
	const path = "model.vocab"
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, refused(path, raw, "want an object")
	}
	vocab, tokenOf := map[string]int32{}, map[int32]string{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		value, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		token := name.(string) // the decoder lets only strings be names
		quoted := clip(strconv.Quote(token))
		number, ok := value.(json.Number)
		if !ok {
			return nil, fmt.Errorf("%s[%s]: %v: want an id", path, quoted, value)
		}
		id, err := parseID(path+"["+quoted+"]", number.String())
		if err != nil {
			return nil, err
		}
		if _, twice := vocab[token]; twice {
			return nil, fmt.Errorf("%s[%s]: given twice", path, quoted)
		}
		if other, twice := tokenOf[id]; twice {
			return nil, fmt.Errorf("%s[%s]: %d: id of %s too", path, quoted, id, clip(strconv.Quote(other)))
		}
		vocab[token], tokenOf[id] = id, token
	}
	return vocab, nil
}

// parseMerges reads merges as "a b" or as ["a", "b"]. Their order is their
// rank; of two equal ones the later counts, as in the original.
func (b *bpe) parseMerges(raw json.RawMessage) error {
	const path = "model.merges"
	var pairs [][]string
	if json.Unmarshal(raw, &pairs) != nil {
		var lines []string
		if json.Unmarshal(raw, &lines) != nil {
			return refused(path, raw, "want a list of strings or of pairs of strings")
		}
		if len(lines) > 0 && strings.HasPrefix(lines[0], "#version") {
			lines = lines[1:] // left of the first line of a merges.txt
		}
		pairs = make([][]string, len(lines))
		for i, line := range lines {
			pairs[i] = strings.Split(line, " ")
		}
	}
	b.merges = make(map[pair]merge, len(pairs))
	for i, p := range pairs {
		if len(p) != 2 {
			return fmt.Errorf("%s: %d tokens: want two", index(path, i), len(p))
		}
		left, err := b.mergeToken(path, i, p[0])
		if err != nil {
			return err
		}
		right, err := b.mergeToken(path, i, p[1])
		if err != nil {
			return err
		}
		whole, err := b.mergeToken(path, i, p[0]+p[1])
		if err != nil {
			return err
		}
		b.merges[pair{left, right}] = merge{rank: int32(i), id: whole}
	}
	return nil
}

func (b *bpe) mergeToken(path string, i int, token string) (int32, error) {
	id, ok := b.vocab[token]
	if !ok {
		return 0, fmt.Errorf("%s: %s: not in the vocabulary", index(path, i), clip(strconv.Quote(token)))
	}
	return id, nil
}
