package corpus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

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
	file, err := text.Open(path)
	if err != nil {
		return nil, err
	}
	c := &Corpus{Group: d.Group()}
	tokens, err := c.survey(ctx, file, t, l)
	if err != nil {
		return nil, err
	}
	whole := tokens / n
	switch {
	case tokens == 0:
		return nil, &formats.ParseError{File: file.Name, Offset: -1, Err: errors.New("the text is empty")}
	case whole == 0:
		return nil, &ShortError{file.Name, tokens, n}
	}
	if c.Documents = whole; chosen > 0 {
		c.Documents = min(chosen, whole)
	}
	c.Items = func(yield func(Document, error) bool) {
		at, left := 0, c.Documents
		choose := score.Choose(d.Seed, c.Documents, whole)
		for ids, err := range file.Windows(t, n) {
			if err != nil {
				yield(Document{}, err)
				return
			}
			if left > 0 && choose() {
				item := score.NewItem(ids, 0, d.Masks(uint64(at), len(ids)))
				if err := l.check(item); err != nil {
					yield(Document{}, fmt.Errorf("%s: window %d: %w", file.Name, at, err))
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

// survey reads the whole text once: what identifies it, its tokens, and whatever in
// it cannot be scored, with its place.
func (c *Corpus) survey(ctx context.Context, file *text.File, t Tokenizer, l Limits) (tokens int, err error) {
	hash := sha256.New()
	crlf := false
	for p, err := range file.Pieces(t) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = l.checkPiece(file.Name, p, t)
		}
		if err != nil {
			return 0, err
		}
		io.WriteString(hash, p.Text)
		tokens += len(p.IDs)
		crlf = crlf || strings.Contains(p.Text, "\r\n")
	}
	c.Identity = hex.EncodeToString(hash.Sum(nil))
	if crlf {
		c.Notes = append(c.Notes, text.CRLF(file.Name))
	}
	return tokens, nil
}

// checkPiece refuses a text that holds what no mask can hide: the mask token.
func (l Limits) checkPiece(name string, p text.Piece, t Tokenizer) error {
	for _, id := range p.IDs {
		switch {
		case id == l.Mask:
			content := t.Decode([]int32{id}, false)
			offset, line := p.Place(max(0, strings.Index(p.Text, content)))
			return &formats.ParseError{File: name, Offset: offset, Err: fmt.Errorf("line %d: %w", line, HoldsMask("the text", content))}
		case int(id) >= l.Vocab:
			return fmt.Errorf("%s: token %d is outside the vocabulary of %d", name, id, l.Vocab)
		}
	}
	return nil
}

// HoldsMask is the error of what is to be scored and holds the mask token: nothing
// could be hidden there.
func HoldsMask(what, token string) error {
	return fmt.Errorf("%s holds the mask token %q, which cannot be scored: remove it, or add --control-tokens text to read it as text", what, token)
}
