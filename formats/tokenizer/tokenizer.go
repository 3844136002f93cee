package tokenizer

import (
	"fmt"
	"slices"
	"sync"
)

// Tokenizer is a parsed tokenizer.json.
type Tokenizer struct {
	normalizer normalizer
	pre        preTokenizer
	bpe        *bpe

	added      []Added // by ID
	literal    matcher // added tokens looked for in the text as it came
	normalized matcher // added tokens looked for in normalized text
	byContent  map[string]int32
	pieces     map[int32]piece
	size       int

	positions func() []*positions // of the splitters, for Cut
	scratches sync.Pool
}

// Added is a token beside the ones that BPE merges to.
type Added struct {
	ID      int32
	Content string
	Special bool // left out by Decode's skipSpecial

	SingleWord     bool // not next to a letter, digit, mark or connector
	LStrip, RStrip bool // takes the white space before, after it along
	Normalized     bool // looked for in normalized text
}

// piece is what decoding needs of a token. Ids are looked up in a map because a
// small file may name an id of many millions.
type piece struct {
	bytes   string
	special bool
}

// build makes the tables from ids to tokens.
func (t *Tokenizer) build() {
	t.pieces = make(map[int32]piece, len(t.bpe.vocab)+len(t.added))
	highest := int32(-1)
	for id, token := range t.bpe.tokens {
		t.pieces[id] = piece{bytes: unspell(token)}
		highest = max(highest, id)
	}
	t.bpe.tokens = nil
	t.byContent = make(map[string]int32, len(t.added))
	for _, a := range t.added {
		t.pieces[a.ID] = piece{bytes: unspell(a.Content), special: a.Special}
		t.byContent[a.Content] = a.ID
		highest = max(highest, a.ID)
	}
	t.size = int(highest) + 1
	t.positions = sync.OnceValue(t.pre.findSteps)
	t.scratches.New = func() any { return &scratch{cache: map[string][]int32{}} }
}

// ID is the id of a token as the file spells it: tokens of the vocabulary in
// the byte-level alphabet ("Ġthe"), added tokens as they are.
func (t *Tokenizer) ID(token string) (int32, bool) {
	if id, ok := t.byContent[token]; ok {
		return id, true
	}
	id, ok := t.bpe.vocab[token]
	return id, ok
}

// Added lists the added tokens by ID.
func (t *Tokenizer) Added() []Added { return slices.Clone(t.added) }

// Size is one more than the highest id.
func (t *Tokenizer) Size() int { return t.size }

// scratch is the working memory of one Encode. Keeping the word cache in it
// spares locks; the pool drops it when memory is short.
type scratch struct {
	runes  []rune
	parts  []part
	spans  []span
	next   []span
	word   []byte
	cache  map[string][]int32
	merger merger
}

// A scratch above these sizes is not kept.
const (
	keptRunes   = 1 << 18
	cachedWords = 1 << 14
	cachedBytes = 64 // longest word cached
)

// Encode gives the ids of text. It fails only where a pattern of the file needs
// too long on this text.
func (t *Tokenizer) Encode(text string) ([]int32, error) { return t.run(toValid(text), nil) }

// run encodes with a scratch of the pool.
func (t *Tokenizer) run(text string, g *guard) ([]int32, error) {
	s := t.scratches.Get().(*scratch)
	s.merger.never = g.never()
	ids, err := t.encode(s, text, g)
	if cap(s.runes) <= keptRunes && cap(s.word) <= keptRunes && s.merger.capacity() <= keptRunes {
		t.scratches.Put(s)
	}
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return ids, nil
}

func (t *Tokenizer) encode(s *scratch, text string, g *guard) ([]int32, error) {
	ids := make([]int32, 0, len(text)/4+1)
	for token, part := range t.literal.split(text, g) {
		if token >= 0 {
			ids = append(ids, token)
			continue
		}
		text, g := g.normalize(t.normalizer, text, part)
		for token, part := range t.normalized.split(text, g) {
			if token >= 0 {
				ids = append(ids, token)
				continue
			}
			for word, err := range t.pre.words(s, text[part.Lo:part.Hi]) {
				if err != nil {
					return nil, err
				}
				ids = t.encodeWord(ids, s, word)
			}
		}
	}
	return ids, nil
}

// encodeWord appends the ids of one word, out of the cache where it can.
func (t *Tokenizer) encodeWord(ids []int32, s *scratch, word []byte) []int32 {
	if s.merger.never != nil { // the cache is of words merged freely
		return t.bpe.encode(ids, &s.merger, word)
	}
	if cached, ok := s.cache[string(word)]; ok {
		return append(ids, cached...)
	}
	from := len(ids)
	ids = t.bpe.encode(ids, &s.merger, word)
	if len(word) <= cachedBytes {
		if len(s.cache) >= cachedWords {
			clear(s.cache)
		}
		s.cache[string(word)] = slices.Clone(ids[from:])
	}
	return ids
}
