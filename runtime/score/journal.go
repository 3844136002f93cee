package score

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"llada/formats"
)

// ErrOther is wrapped by the error of a journal that belongs to another run.
var ErrOther = errors.New("belongs to a run with other inputs or settings")

// Journal keeps the records of a run in a file, one JSON line each, behind a
// line that says which run it is. Records are written in order, so that the
// file always holds a beginning of the run; a line that a crash cut off is
// dropped.
type Journal struct {
	file *os.File
	old  *bufio.Reader // records of an earlier run not read yet; nil: none
	end  int64         // behind the last whole record
}

// OpenJournal opens or makes the journal of the run that identity describes.
// With restart, what an existing file holds is discarded.
func OpenJournal(path string, identity any, restart bool) (*Journal, error) {
	head, err := json.Marshal(identity)
	if err != nil {
		return nil, err
	}
	head = append(head, '\n')
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	flags := os.O_RDWR | os.O_CREATE
	if restart {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o666)
	if err != nil {
		return nil, err
	}
	j := &Journal{file: f, old: bufio.NewReader(f)}
	if err := j.begin(head); err != nil {
		f.Close()
		return nil, err
	}
	return j, nil
}

func (j *Journal) begin(head []byte) error {
	line, err := j.old.ReadBytes('\n')
	switch {
	case err == io.EOF: // new, or cut off within its first line
		j.old = nil
		if !bytes.HasPrefix(head, line) {
			return fmt.Errorf("%s %w", j.file.Name(), ErrOther)
		}
		if _, err := j.file.WriteAt(head, 0); err != nil {
			return err
		}
	case err != nil:
		return err
	case !bytes.Equal(line, head):
		return fmt.Errorf("%s %w", j.file.Name(), ErrOther)
	}
	j.end = int64(len(head))
	return nil
}

// Next reads the next record of an earlier run into v and then checks it, and
// reports false where there is none left. A record that is damaged is a
// *formats.ParseError.
func (j *Journal) Next(v any, check func() error) (bool, error) {
	if j.old == nil {
		return false, nil
	}
	line, err := j.old.ReadBytes('\n')
	if err == io.EOF {
		j.old = nil
		return false, j.file.Truncate(j.end)
	}
	if err == nil {
		if err = json.Unmarshal(line, v); err == nil {
			err = check()
		}
		if err != nil {
			err = &formats.ParseError{File: j.file.Name(), Offset: j.end, Err: fmt.Errorf("no record of this run: %w: start again", err)}
		}
	}
	if err != nil {
		return false, err
	}
	j.end += int64(len(line))
	return true, nil
}

// Append writes a record, once Next has reported that none is left.
func (j *Journal) Append(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if _, err := j.file.WriteAt(line, j.end); err != nil {
		return err
	}
	j.end += int64(len(line))
	return nil
}

// Close closes the file. A nil journal has none.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}
