package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"

	"llada/formats"
	"llada/formats/output"
)

// ErrOther is wrapped by the error of a journal that belongs to another run.
var ErrOther = errors.New("belongs to another run")

// Mode is what becomes of the records that a journal holds already.
type Mode int

const (
	Resume  Mode = iota // they are read; those of another run are refused (ErrOther)
	Restart             // they are discarded
	Fresh               // they are refused (fs.ErrExist)
)

// lineLimit bounds a line: more is no record of anything.
const lineLimit = 256 << 20

// Journal holds the records of one run. It is for one goroutine.
type Journal struct {
	file *os.File
	old  *bufio.Reader // records of an earlier run not read yet; nil: none
	end  int64         // behind the last whole record
	sum  uint32        // of all records up to there
	n    int           // of them; −1 before the first line
}

// head is the first record.
type head struct {
	Journal int             `json:"journal"` // version of the format
	Run     json.RawMessage `json:"run"`
}

const version = 1

// Open opens or makes the journal path of the run that run describes: a struct
// or map, whose keys name in errors what differs. The error of a journal that
// another process holds wraps output.ErrBusy; a damaged one is a
// *formats.ParseError.
func Open(path string, run any, m Mode) (*Journal, error) {
	text, err := json.Marshal(run)
	if err != nil {
		return nil, err
	}
	f, err := output.Lock(path)
	if err != nil {
		return nil, err
	}
	j := &Journal{file: f, old: bufio.NewReaderSize(f, 1<<16), n: -1}
	if err := j.begin(text, m); err != nil {
		f.Close()
		return nil, err
	}
	return j, nil
}

func (j *Journal) begin(run []byte, m Mode) error {
	if m != Restart {
		var h head
		found, err := j.Next(&h, nil)
		if m == Fresh && found {
			found, err = j.empty()
		}
		switch {
		case err != nil:
			return err
		case found && h.Journal != version:
			return j.damage(fmt.Errorf("a journal of version %d, want %d", h.Journal, version))
		case found && !bytes.Equal(h.Run, run):
			return fmt.Errorf("%s %w: %s", j.file.Name(), ErrOther, difference(h.Run, run))
		case found:
			return nil
		}
	}
	j.old, j.end, j.sum, j.n = nil, 0, 0, -1
	if err := j.file.Truncate(0); err != nil {
		return err
	}
	return j.Append(head{version, run})
}

// empty reports that there is nothing to go on with: false, and no error. Records
// are one.
func (j *Journal) empty() (bool, error) {
	var v json.RawMessage
	found, err := j.Next(&v, nil)
	if found && err == nil {
		err = held{j.file.Name()}
	}
	return false, err
}

// held is the error of a journal with records where none were to be.
type held struct{ path string }

func (e held) Error() string        { return e.path + " holds the results of an interrupted run" }
func (e held) Is(target error) bool { return target == fs.ErrExist }

// Next reads the next record of an earlier run into v and then checks it, and
// reports false where there is none left. A record that is damaged, or that check
// refuses, is a *formats.ParseError. check may be nil.
func (j *Journal) Next(v any, check func() error) (bool, error) {
	if j.old == nil {
		return false, nil
	}
	line, err := j.line()
	if err == io.EOF {
		j.old = nil
		return false, j.file.Truncate(j.end)
	}
	if err != nil {
		return false, err
	}
	record, sum, err := j.open(line)
	if err == nil {
		err = json.Unmarshal(record, v)
	}
	if err == nil && check != nil {
		err = check()
	}
	if err != nil {
		return false, j.damage(err)
	}
	j.end += int64(len(line))
	j.sum = sum
	j.n++
	return true, nil
}

// line is the next whole line; io.EOF is the end, a cut-off line included.
func (j *Journal) line() ([]byte, error) {
	var line []byte
	for {
		part, err := j.old.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil || err != bufio.ErrBufferFull:
			return line, err
		case len(line) > lineLimit:
			return nil, j.damage(fmt.Errorf("a line of more than %d MB", lineLimit>>20))
		}
	}
}

// What stands around the record of a line.
const (
	before = `{"crc32c":"%08x","record":`
	after  = "}\n"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// open is the record in a line, and its checksum.
func (j *Journal) open(line []byte) ([]byte, uint32, error) {
	n := len(fmt.Sprintf(before, 0))
	if len(line) < n+len(after) {
		return nil, 0, errors.New("no record of a journal")
	}
	record := line[n : len(line)-len(after)]
	sum := crc32.Update(j.sum, castagnoli, record)
	if !bytes.Equal(line, seal(record, sum)) {
		return nil, 0, errors.New("damaged: its checksum does not fit")
	}
	return record, sum, nil
}

// seal is the line of a record.
func seal(record []byte, sum uint32) []byte {
	return append(append(fmt.Appendf(nil, before, sum), record...), after...)
}

// damage is the error of the record to come.
func (j *Journal) damage(err error) error {
	what := "first line"
	if j.n >= 0 {
		what = fmt.Sprintf("record %d", j.n+1)
	}
	return &formats.ParseError{File: j.file.Name(), Offset: j.end,
		Err: fmt.Errorf("%s: %w: no run can go on from this file, --force starts again", what, err)}
}

// Append writes a record, once Next has reported that none is left.
func (j *Journal) Append(v any) error {
	record, err := json.Marshal(v)
	if err != nil {
		return err
	}
	sum := crc32.Update(j.sum, castagnoli, record)
	line := seal(record, sum)
	if _, err := j.file.WriteAt(line, j.end); err != nil {
		return err
	}
	j.end += int64(len(line))
	j.sum = sum
	j.n++
	return nil
}

// All yields every record from the first on, checked once more.
func (j *Journal) All() iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		again := &Journal{file: j.file, old: bufio.NewReader(io.NewSectionReader(j.file, 0, j.end)), n: -1}
		for again.n < j.n {
			var record json.RawMessage
			found, err := again.Next(&record, nil)
			if err == nil && !found {
				err = again.damage(io.ErrUnexpectedEOF)
			}
			if again.n == 0 && err == nil {
				continue // the first line
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// Len is the number of records read or written.
func (j *Journal) Len() int {
	if j == nil {
		return 0
	}
	return j.n
}

// Close closes the file. A nil journal has none.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}

// Remove closes the file and deletes it.
func (j *Journal) Remove() error { return output.Remove(j.file) }
