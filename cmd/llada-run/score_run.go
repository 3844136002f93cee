package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"llada/cmd/internal/cli"
	"llada/runtime/score"
)

// records runs each document of the corpus that --work does not already hold,
// and hands every record to fold, in order.
func (o *inputOptions) records(ctx context.Context, c *corpus, kind string, identity any, g *cli.Globals,
	run func(context.Context, score.Item) (*score.Record, error), fold func(*score.Record)) error {
	var journal *score.Journal
	if o.work != "" {
		var err error
		if journal, err = o.journal(kind, identity); err != nil {
			return err
		}
		defer journal.Close()
	}
	masks, err := createMasks(o.saveMasks)
	if err != nil {
		return err
	}
	defer masks.abort()
	bar := cli.NewCount(int64(c.documents), g)
	defer bar.Close()
	index := 0
	for d, err := range c.items {
		if err == nil {
			err = masks.write(d.Item)
		}
		var r *score.Record
		if err == nil {
			r, err = o.record(ctx, journal, index, d, run)
		}
		if err != nil {
			if journal != nil && errors.Is(err, context.Canceled) {
				return fmt.Errorf("%w: %d of %d documents are in %s; the same command goes on", err, index, c.documents, o.work)
			}
			return err
		}
		fold(r)
		bar.Add(1)
		index++
	}
	return masks.commit()
}

// record is what the journal holds of a document, or else what run gives.
func (o *inputOptions) record(ctx context.Context, j *score.Journal, index int, d document,
	run func(context.Context, score.Item) (*score.Record, error)) (*score.Record, error) {
	if j != nil {
		r := &score.Record{}
		if found, err := j.Next(r); err != nil || found {
			if err == nil && r.Index != index {
				err = fmt.Errorf("%s: record %d stands where %d should: add --force to start again", o.work, r.Index, index)
			}
			return r, err
		}
	}
	r, err := run(ctx, d.Item)
	if err != nil {
		return nil, err
	}
	r.Index, r.Bytes = index, d.bytes
	if j != nil {
		err = j.Append(r)
	}
	return r, err
}

func (o *inputOptions) journal(kind string, identity any) (*score.Journal, error) {
	j, err := score.OpenJournal(filepath.Join(o.work, kind+".jsonl"), identity, o.force)
	if errors.Is(err, score.ErrOther) {
		err = fmt.Errorf("%w: choose another --work folder, or add --force to start again", err)
	}
	return j, err
}
