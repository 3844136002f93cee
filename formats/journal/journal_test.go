package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/output"
)

type run struct {
	Model string `json:"model"`
	Steps int    `json:"steps"`
}

type record struct{ X string }

func text(i int) record { return record{strings.Repeat(fmt.Sprint(i, " "), i)} }

// fill goes on with a journal up to n records and reports how many it held.
func fill(t *testing.T, path string, n int) (read int, err error) {
	t.Helper()
	j, err := Open(path, run{"a", 1}, Resume)
	if err != nil {
		return 0, err
	}
	defer j.Close()
	for i := range n {
		var r record
		found, err := j.Next(&r, func() error {
			if r != text(i) {
				t.Errorf("record %d holds %q", i, r.X)
			}
			return nil
		})
		if err != nil {
			return read, err
		}
		if found {
			read++
		} else if err := j.Append(text(i)); err != nil {
			t.Fatal(err)
		}
	}
	i := 0
	for line, err := range j.All() {
		if want, _ := json.Marshal(text(i)); err != nil || string(line) != string(want) {
			t.Errorf("record %d of all: %s, error %v", i, line, err)
		}
		i++
	}
	if j.Len() != n || i != n {
		t.Errorf("%d records, %d of all, want %d", j.Len(), i, n)
	}
	return read, nil
}

func sample(t *testing.T) (path string, whole []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "run.jsonl")
	if n, err := fill(t, path, 5); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, whole
}

// A journal goes on where it ended, wherever a crash cut it off, and every line
// is JSON.
func TestCutAnywhere(t *testing.T) {
	path, whole := sample(t)
	for line := range strings.Lines(string(whole)) {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
	for cut := range whole {
		rest := append(append([]byte{}, whole[:cut]...), make([]byte, cut%3)...) // zeros, as some file systems leave
		os.WriteFile(path, rest, 0o666)
		n, err := fill(t, path, 5)
		if want := strings.Count(string(whole[:cut]), "\n") - 1; err != nil || n != max(want, 0) {
			t.Fatalf("cut at %d: %d records of %d, error %v", cut, n, want, err)
		}
		if got, _ := os.ReadFile(path); string(got) != string(whole) {
			t.Fatalf("cut at %d, the journal became\n%s", cut, got)
		}
	}
}

// What a cut-off line leaves behind the records to come goes.
func TestLongRest(t *testing.T) {
	path, whole := sample(t)
	os.WriteFile(path, append(append([]byte{}, whole...), strings.Repeat("half a line ", 99)...), 0o666)
	if n, err := fill(t, path, 6); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := fill(t, path, 6); n != 6 || err != nil {
		t.Fatal(n, err)
	}
	if got, _ := os.ReadFile(path); got[len(got)-1] != '\n' {
		t.Errorf("a rest is left: %s", got)
	}
}

// No changed byte passes: it is refused, or the records before it are kept and
// those behind it are made again.
func TestEveryByte(t *testing.T) {
	path, whole := sample(t)
	for at := range whole {
		for _, bit := range []byte{0x01, 0x20, 0x80} {
			bad := append([]byte{}, whole...)
			bad[at] ^= bit
			os.WriteFile(path, bad, 0o666)
			if n, err := fill(t, path, 5); err == nil {
				if got, _ := os.ReadFile(path); at != len(whole)-1 || n != 4 || string(got) != string(whole) {
					t.Fatalf("byte %d with bit %02x passes", at, bit)
				}
				continue
			} else if p := new(formats.ParseError); !errors.As(err, &p) || p.File != path || !strings.Contains(err.Error(), "--force starts again") {
				t.Fatalf("byte %d with bit %02x: %v", at, bit, err)
			}
			if got, _ := os.ReadFile(path); string(got) != string(bad) {
				t.Fatalf("byte %d with bit %02x: the refused file was changed", at, bit)
			}
		}
	}
}

// Whole lines that are lost, doubled or moved do not pass either.
func TestLinesOutOfOrder(t *testing.T) {
	path, whole := sample(t)
	l := strings.SplitAfter(string(whole), "\n")
	other := filepath.Join(t.TempDir(), "other.jsonl")
	j, err := Open(other, run{"b", 1}, Resume)
	if err != nil {
		t.Fatal(err)
	}
	j.Append(text(0))
	j.Close()
	foreign, _ := os.ReadFile(other)
	for name, lines := range map[string][]string{
		"lost": {l[0], l[1], l[3], l[4], l[5]}, "doubled": {l[0], l[1], l[1], l[2]}, "moved": {l[0], l[2], l[1], l[3]},
		"first line lost": l[1:], "of another run": {l[0], strings.SplitAfter(string(foreign), "\n")[1]},
	} {
		os.WriteFile(path, []byte(strings.Join(lines, "")), 0o666)
		if _, err := fill(t, path, 5); !errors.As(err, new(*formats.ParseError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestModes(t *testing.T) {
	path, whole := sample(t)
	for _, c := range []struct {
		name string
		run  any
		mode Mode
		want error
		text string
	}{
		{"another run", run{"b", 2}, Resume, ErrOther, `model "a", not "b", steps 1, not 2`},
		{"another shape", []int{1}, Resume, ErrOther, "its description differs"},
		{"a long value", run{strings.Repeat("b", 80), 1}, Resume, ErrOther, "another model"},
		{"records", run{"a", 1}, Fresh, fs.ErrExist, "holds the results of an interrupted run"},
	} {
		j, err := Open(path, c.run, c.mode)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			j.Close()
		}
		if got, _ := os.ReadFile(path); string(got) != string(whole) {
			t.Fatalf("%s: the journal was changed", c.name)
		}
	}
	j, err := Open(path, run{"b", 2}, Restart)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, run{"b", 2}, Restart); !errors.Is(err, output.ErrBusy) {
		t.Errorf("a second run: %v", err)
	}
	j.Close()
	// One without records is nobody's.
	if j, err = Open(path, run{"c", 3}, Fresh); err != nil || j.Len() != 0 {
		t.Fatal(err)
	}
	if err := j.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed, but %v", err)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"crc32c":"00000000","record":{}}` + "\n"))
	f.Add([]byte("\x00\n\n"))
	head, _ := json.Marshal(head{version, json.RawMessage(`{"model":"a","steps":1}`)})
	sum := crc32.Checksum(head, castagnoli)
	whole := seal(head, sum)
	record, _ := json.Marshal(text(0))
	f.Add(append(whole, seal(record, crc32.Update(sum, castagnoli, record))...))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "run.jsonl")
		os.WriteFile(path, data, 0o666)
		if _, err := fill(t, path, 3); err != nil && !errors.As(err, new(*formats.ParseError)) && !errors.Is(err, ErrOther) {
			t.Fatal(err)
		}
	})
}
