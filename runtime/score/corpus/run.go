package corpus

import (
	"context"
	"errors"
	"fmt"

	"llada/formats/journal"
	"llada/runtime/score"
)

// Run is a run over a corpus.
type Run struct {
	Journal *journal.Journal // records of this and earlier runs; nil: none are kept
	Masks   *MaskWriter      // where the masks go that are used
	Models  []string         // the reference, or the only one, first, then the candidates
	// Item scores one.
	Item func(context.Context, score.Item) (*score.Record, error)
	// Done takes every record, in order.
	Done func(*score.Record)
}

// Stopped is the error of a run that ended before its last document.
type Stopped struct {
	At  int // documents done
	Err error
}

func (e *Stopped) Error() string { return fmt.Sprintf("document %d: %v", e.At, e.Err) }

// Unwrap gives the cause.
func (e *Stopped) Unwrap() error { return e.Err }

// Over runs each document of the corpus that the journal does not hold already.
// Its error is a *Stopped.
func (r *Run) Over(ctx context.Context, c *Corpus) error {
	index := 0
	for d, err := range c.Items {
		if err == nil {
			err = r.Masks.Write(d.Item)
		}
		var record *score.Record
		if err == nil {
			record, err = r.record(ctx, index, d)
		}
		if err != nil {
			return &Stopped{index, err}
		}
		r.Done(record)
		index++
	}
	return r.Masks.Commit()
}

// record is what the journal holds of a document, or else what Item gives.
func (r *Run) record(ctx context.Context, index int, d Document) (*score.Record, error) {
	if r.Journal != nil {
		old := &score.Record{}
		found, err := r.Journal.Next(old, func() error {
			if old.Index != index {
				return fmt.Errorf("record %d stands where %d should", old.Index, index)
			}
			return old.Check(d.Item, len(r.Models)-1)
		})
		if err != nil || found {
			return old, err
		}
	}
	record, err := r.Item(ctx, d.Item)
	if err != nil {
		return nil, err
	}
	var no *score.NotFiniteError
	if err := record.Finite(); errors.As(err, &no) {
		return nil, fmt.Errorf("window %d: %s: %w: verify the file", index, r.Models[no.Model], err)
	}
	record.Index, record.Bytes = index, d.Bytes
	if r.Journal != nil {
		err = r.Journal.Append(record)
	}
	return record, err
}
