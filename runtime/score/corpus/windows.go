package corpus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"llada/formats"
	"llada/formats/text"
	"llada/runtime/score"
)

// ShortError says that a text has fewer tokens than one window.
type ShortError struct {
	File           string
	Tokens, Window int
}

func (e *ShortError) Error() string {
	return fmt.Sprintf("%s has %d tokens, less than a window of %d", e.File, e.Tokens, e.Window)
}

// Windows is the corpus of a text file's windows of n tokens, without what is left
// at its end: all of them, or `chosen` drawn by the seed of d.
func Windows(ctx context.Context, path string, t Tokenizer, n, chosen int, d score.Draw, l Limits) (*Corpus, error) {
	hash := sha256.New()
	for piece, err := range text.Pieces(path) {
		if err != nil {
			return nil, err
		}
		io.WriteString(hash, piece)
	}
	whole, left := 0, 0
	for ids, err := range text.Windows(path, t, n) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if left = len(ids); left == n {
			whole++
		}
	}
	switch {
	case whole == 0 && left == 0:
		return nil, &formats.ParseError{File: path, Offset: -1, Err: errors.New("the text is empty")}
	case whole == 0:
		return nil, &ShortError{path, left, n}
	}
	c := &Corpus{Documents: whole, Identity: hex.EncodeToString(hash.Sum(nil)), Group: d.Group()}
	if chosen > 0 {
		c.Documents = min(chosen, whole)
	}
	c.Items = func(yield func(Document, error) bool) {
		at, left := 0, c.Documents
		choose := score.Choose(d.Seed, c.Documents, whole)
		for ids, err := range text.Windows(path, t, n) {
			if err != nil {
				yield(Document{}, err)
				return
			}
			if left > 0 && choose() {
				item := score.NewItem(ids, 0, d.Masks(uint64(at), len(ids)))
				if err := l.check(item); err != nil {
					yield(Document{}, fmt.Errorf("%s: window %d: %w", path, at, err))
					return
				}
				if !yield(Document{item, textBytes(t, ids)}, nil) {
					return
				}
				left--
			}
			at++
		}
	}
	return c, nil
}
