package corpus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"llada/formats/text"
	"llada/runtime/score"
)

// Tokenizer is what a corpus needs of one.
type Tokenizer interface {
	text.Encoder
	Decode(ids []int32, skipSpecial bool) string
}

// Limits are what items must fit.
type Limits struct {
	Vocab   int
	Mask    int32
	Context int
}

func (l Limits) check(it score.Item) error { return it.Check(l.Vocab, l.Mask, l.Context) }

// Document is a thing to score.
type Document struct {
	score.Item
	Bytes int // of its text; 0: not known
}

// Corpus is everything to score.
type Corpus struct {
	Documents int
	Identity  string // a digest of the input, masks drawn from a seed aside
	Group     int    // masks that form one independent draw; 0: not known
	Items     iter.Seq2[Document, error]
	Notes     []string // what the user should know of the input
}

// Answer is the corpus of one prompt and its answer.
func Answer(prompt, answer []int32, t Tokenizer, d score.Draw, l Limits) (*Corpus, error) {
	if len(answer) == 0 {
		return nil, errors.New("prompt and answer: the answer has no tokens")
	}
	if slices.Contains(answer, l.Mask) {
		return nil, HoldsMask("the answer", t.Decode([]int32{l.Mask}, false))
	}
	ids := append(append([]int32{}, prompt...), answer...)
	doc := Document{score.NewItem(ids, len(prompt), d.Masks(0, len(answer))), textBytes(t, answer)}
	if err := l.check(doc.Item); err != nil {
		return nil, fmt.Errorf("prompt and answer: %w", err)
	}
	return &Corpus{Documents: 1, Identity: Digest(doc.IDs, len(prompt)), Group: d.Group(),
		Items: func(yield func(Document, error) bool) { yield(doc, nil) }}, nil
}

// textBytes is the length of the text that tokens stand for, special tokens
// aside; 0 where that is not known.
func textBytes(t Tokenizer, ids []int32) int {
	if t == nil {
		return 0
	}
	return len(t.Decode(ids, true))
}

// count iterates once, so that every fault shows, and fills in Documents.
func (c *Corpus) count(ctx context.Context) error {
	for _, err := range c.Items {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		c.Documents++
	}
	return nil
}

// Digest identifies values.
func Digest(values ...any) string {
	h := sha256.New()
	json.NewEncoder(h).Encode(values)
	return hex.EncodeToString(h.Sum(nil))
}
