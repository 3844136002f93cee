package score

import (
	"errors"
	"fmt"
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
		found, err := j.Next(&l, func() error { return nil })
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
	if _, err := j.Next(&line{}, func() error { return nil }); !errors.As(err, &parse) || parse.Offset != 4 {
		t.Errorf("a damaged line: %v", err)
	}
	if j, err = OpenJournal(path, "c", true); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Append(line{2}); err != nil {
		t.Fatal(err)
	}
	if j, err = OpenJournal(path, "c", false); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var l line
	_, err = j.Next(&l, func() error { return fmt.Errorf("it holds %v", l.X) })
	if !errors.As(err, &parse) || parse.File != path || parse.Offset != 4 || !strings.Contains(err.Error(), "it holds 2") {
		t.Errorf("a record that its reader refuses: %v", err)
	}
}

// Records and verdicts of another item, or that no run gives, are told apart.
func TestRecordsAreChecked(t *testing.T) {
	it := Item{IDs: []int32{1, 2, 3}, Prompt: 1, Masks: [][]int32{{1}, {2}}}
	good := func() *Record {
		return &Record{Tokens: 2, Group: 1, NLL: []float64{1, 2}, Sides: []Side{{NLL: []float64{1, 2}}}}
	}
	if err := good().Check(it, 1); err != nil {
		t.Error(err)
	}
	for name, damage := range map[string]func(*Record){
		"tokens": func(r *Record) { r.Tokens = 3 }, "values": func(r *Record) { r.NLL = r.NLL[1:] }, "group": func(r *Record) { r.Group = 0 },
		"no candidate": func(r *Record) { r.Sides = nil }, "values of a candidate": func(r *Record) { r.Sides[0].NLL = nil },
	} {
		r := good()
		if damage(r); r.Check(it, 1) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	v := func() *Verdict { return &Verdict{Index: 4, Scores: []float64{1, 2}, Best: 1, Normalized: 1} }
	if err := v().Check(4, 2, 0); err != nil {
		t.Error(err)
	}
	for name, damage := range map[string]func(*Verdict){
		"index": func(v *Verdict) { v.Index = 3 }, "answer": func(v *Verdict) { v.Answer = 1 }, "scores": func(v *Verdict) { v.Scores = nil },
		"best": func(v *Verdict) { v.Best = 2 }, "normalized": func(v *Verdict) { v.Normalized = -1 },
	} {
		x := v()
		if damage(x); x.Check(4, 2, 0) == nil {
			t.Errorf("verdict, %s: no error", name)
		}
	}
}
