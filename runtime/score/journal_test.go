package score

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"llada/formats"
)

type line struct{ X float64 }

// fill reads what a journal holds and appends up to n lines in all.
func fill(t *testing.T, path string, identity any, n int) (read int) {
	t.Helper()
	j, err := OpenJournal(path, identity, false)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for i := range n {
		var l line
		found, err := j.Next(&l)
		if err != nil {
			t.Fatal(err)
		}
		if found {
			if l.X != math.Sqrt(float64(i)) {
				t.Fatalf("line %d holds %v", i, l.X)
			}
			read++
		} else if err := j.Append(line{math.Sqrt(float64(i))}); err != nil {
			t.Fatal(err)
		}
	}
	return read
}

// A journal goes on where it ended, wherever it was cut off.
func TestJournalResumes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "run.jsonl")
	if n := fill(t, path, "a", 3); n != 0 {
		t.Fatalf("%d lines in a new journal", n)
	}
	three, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, path, "a", 7)
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(three) {
		if err := os.WriteFile(path, three[:cut], 0o666); err != nil {
			t.Fatal(err)
		}
		fill(t, path, "a", 7)
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Fatalf("cut at %d, the journal became\n%s, want\n%s", cut, got, want)
		}
	}
}

// What a cut-off line leaves behind the records to come goes.
func TestJournalDropsARest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	fill(t, path, "a", 3)
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.IndexByte(string(want), '\n') + 1
	if err := os.WriteFile(path, append(want[:first:first], strings.Repeat("x", 500)...), 0o666); err != nil {
		t.Fatal(err)
	}
	fill(t, path, "a", 3)
	if got, err := os.ReadFile(path); err != nil || string(got) != string(want) {
		t.Errorf("the journal became\n%s, want\n%s (%v)", got, want, err)
	}
}

func TestJournalRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	fill(t, path, "a", 2)
	if _, err := OpenJournal(path, "b", false); !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), path) {
		t.Errorf("another run: %v", err)
	}
	j, err := OpenJournal(path, "b", true)
	if err != nil {
		t.Fatal(err)
	}
	j.Close()
	if n := fill(t, path, "b", 2); n != 0 {
		t.Errorf("%d lines after a restart", n)
	}
	if err := os.WriteFile(path, []byte("\"b\"\nnonsense\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if j, err = OpenJournal(path, "b", false); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var parse *formats.ParseError
	if _, err := j.Next(&line{}); !errors.As(err, &parse) || parse.Offset != 4 {
		t.Errorf("a damaged line: %v", err)
	}
}
