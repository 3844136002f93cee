package corpus

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"llada/formats"
	"llada/formats/journal"
	"llada/formats/output"
	"llada/runtime/score"
)

// byBytes is a tokenizer whose tokens are bytes.
type byBytes struct{}

func (byBytes) Encode(text string) ([]int32, error) {
	var ids []int32
	for _, b := range []byte(text) {
		ids = append(ids, int32(b))
	}
	return ids, nil
}

func (byBytes) Cut(text string) int { return len(text) - 1 }

func (byBytes) Decode(ids []int32, _ bool) string { return strings.Repeat("x", len(ids)) }

var (
	limits = Limits{Vocab: 300, Mask: 299, Context: 64}
	pairs  = score.Draw{Seed: 3, Samples: 4}
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func collect(t *testing.T, c *Corpus) []Document {
	t.Helper()
	var all []Document
	for d, err := range c.Items {
		if err != nil {
			t.Fatal(err)
		}
		d.IDs = slices.Clone(d.IDs)
		all = append(all, d)
	}
	if len(all) != c.Documents {
		t.Fatalf("%d documents, the corpus says %d", len(all), c.Documents)
	}
	return all
}

// Windows are those of the text in their order, each with the masks of its place in
// the text, whichever are chosen.
func TestWindows(t *testing.T) {
	path := write(t, strings.Repeat("0123456789", 10)+"rest")
	open := func(chosen int, d score.Draw) []Document {
		t.Helper()
		c, err := Windows(t.Context(), path, byBytes{}, 10, chosen, d, limits)
		if err != nil {
			t.Fatal(err)
		}
		if c.Group != d.Group() {
			t.Errorf("masks in groups of %d", c.Group)
		}
		all := collect(t, c)
		if diff := cmp.Diff(all, collect(t, c)); diff != "" {
			t.Errorf("the second time:\n%s", diff)
		}
		return all
	}
	all := open(0, pairs)
	if len(all) != 10 || all[3].Bytes != 10 || len(all[3].Masks) != 4 {
		t.Fatalf("%d windows, the fourth of %d bytes with %d masks", len(all), all[3].Bytes, len(all[3].Masks))
	}
	if diff := cmp.Diff(all[7].Masks, score.NewItem(all[7].IDs, 0, score.Pairs(3, 7, 10, 4)).Masks); diff != "" {
		t.Errorf("masks of the eighth window:\n%s", diff)
	}
	var some []Document
	choose := score.Choose(3, 4, 10)
	for _, d := range all {
		if choose() {
			some = append(some, d)
		}
	}
	if diff := cmp.Diff(some, open(4, pairs)); diff != "" {
		t.Errorf("four windows of ten:\n%s", diff)
	}
	official := open(0, score.Draw{Seed: 3, Samples: 4, Batch: 2})
	if diff := cmp.Diff(official[2].Masks, score.NewItem(official[2].IDs, 0, score.Official(3, 2, 10, 4, 2)).Masks); diff != "" {
		t.Errorf("official masks:\n%s", diff)
	}
}

func TestWindowsRefuse(t *testing.T) {
	var short *ShortError
	if _, err := Windows(t.Context(), write(t, "abc"), byBytes{}, 10, 0, pairs, limits); !errors.As(err, &short) || short.Tokens != 3 || short.Window != 10 {
		t.Errorf("a short text: error %v", err)
	}
	var parse *formats.ParseError
	if _, err := Windows(t.Context(), write(t, ""), byBytes{}, 10, 0, pairs, limits); !errors.As(err, &parse) {
		t.Errorf("an empty text: error %v", err)
	}
	if _, err := Windows(t.Context(), write(t, "ab\xffcd"), byBytes{}, 2, 0, pairs, limits); !errors.As(err, &parse) || parse.Offset != 2 {
		t.Errorf("no text: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Windows(ctx, write(t, "abcdef"), byBytes{}, 2, 0, pairs, limits); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
}

func TestAnswer(t *testing.T) {
	c, err := Answer([]int32{1, 2}, []int32{3, 4, 5}, byBytes{}, pairs, limits)
	if err != nil {
		t.Fatal(err)
	}
	d := collect(t, c)[0]
	if !slices.Equal(d.IDs, []int32{1, 2, 3, 4, 5}) || d.Prompt != 2 || d.Bytes != 3 || slices.Min(slices.Concat(d.Masks...)) < 2 {
		t.Errorf("%+v", d)
	}
	if _, err := Answer(nil, []int32{299}, byBytes{}, pairs, limits); err == nil || !strings.Contains(err.Error(), "the answer holds the mask token") {
		t.Errorf("an answer with the mask token: error %v", err)
	}
	for _, d := range []score.Draw{pairs, {Samples: 2, Batch: 2}} {
		if _, err := Answer([]int32{1}, nil, byBytes{}, d, limits); err == nil || !strings.Contains(err.Error(), "no tokens") {
			t.Errorf("an answer of no tokens: error %v", err)
		}
	}
}

// A mask set that a run wrote is the corpus that the run went over; all of it is
// checked before anything is scored.
func TestMaskSet(t *testing.T) {
	c, err := Windows(t.Context(), write(t, strings.Repeat("abcdefgh", 5)), byBytes{}, 8, 0, pairs, limits)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "masks")
	w, err := CreateMasks(path, output.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := collect(t, c)
	for _, d := range all {
		if err := w.Write(d.Item); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("the mask set has its name before it is whole")
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	again, err := MaskSet(t.Context(), path, byBytes{}, limits)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, collect(t, again)); diff != "" || again.Group != 0 {
		t.Errorf("groups of %d; read back:\n%s", again.Group, diff)
	}
	var parse *formats.ParseError
	for text, want := range map[string]string{
		"\n": "the mask set is empty",
		`{"ids":[1],"masks":[[0]]}` + "\n" + `{"ids":[300],"masks":[[0]]}`: "line 2: token 300",
		"[": "line 1: ",
	} {
		if _, err := MaskSet(t.Context(), write(t, text), nil, limits); !errors.As(err, &parse) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// A mask set that cannot have its name leaves nothing behind.
func TestMaskSetWithoutAName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "masks")
	w, err := CreateMasks(path, output.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "taken"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err == nil {
		t.Error("a folder that holds something was overwritten")
	}
	w.Abort()
	if _, err := os.Stat(path + formats.PartialSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left", path+formats.PartialSuffix)
	}
}

// A run that was cut off goes on where its journal ends, and folds the same
// records.
func TestRunResumes(t *testing.T) {
	c, err := Windows(t.Context(), write(t, strings.Repeat("abcdefgh", 6)), byBytes{}, 8, 0, pairs, limits)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "journal")
	set := filepath.Join(t.TempDir(), "masks")
	broken := errors.New("broken")
	run := func(failAt int) (scored []float64, folded []int, err error) {
		j, err := journal.Open(path, map[string]int{"run": 1}, journal.Resume)
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		masks, err := CreateMasks(set, output.Options{Force: true})
		if err != nil {
			t.Fatal(err)
		}
		defer masks.Abort()
		r := Run{Journal: j, Masks: masks, Models: []string{"m.llada"},
			Item: func(_ context.Context, it score.Item) (*score.Record, error) {
				if len(scored) == failAt {
					return nil, broken
				}
				scored = append(scored, float64(len(it.IDs)))
				return &score.Record{Tokens: it.Tokens(), Group: 2, NLL: make([]float64, len(it.Masks))}, nil
			},
			Done: func(r *score.Record) {
				if folded = append(folded, r.Index); r.Bytes != 8 {
					t.Errorf("record %d is about %d bytes", r.Index, r.Bytes)
				}
			},
		}
		err = r.Over(t.Context(), c)
		return scored, folded, err
	}
	scored, folded, err := run(4)
	var stopped *Stopped
	if !errors.As(err, &stopped) || stopped.At != 4 || !errors.Is(err, broken) || len(scored) != 4 || len(folded) != 4 {
		t.Errorf("%d scored, %v folded, error %v", len(scored), folded, err)
	}
	if _, err := os.Stat(set); !errors.Is(err, os.ErrNotExist) {
		t.Error("the mask set of a run that broke off has its name")
	}
	scored, folded, err = run(-1)
	if again, err := MaskSet(t.Context(), set, byBytes{}, limits); err != nil || again.Documents != 6 {
		t.Errorf("the mask set of the run: %+v, %v", again, err)
	}
	if err != nil || len(scored) != 2 || !slices.Equal(folded, []int{0, 1, 2, 3, 4, 5}) {
		t.Errorf("resumed: %d scored, %v folded, error %v", len(scored), folded, err)
	}
	// Records that no run over this corpus gives.
	if c, err = Windows(t.Context(), write(t, strings.Repeat("abcdefgh", 6)), byBytes{}, 7, 0, pairs, limits); err != nil {
		t.Fatal(err)
	}
	var parse *formats.ParseError
	if _, _, err := run(-1); !errors.As(err, &parse) || parse.File != path {
		t.Errorf("a journal about other windows: error %v", err)
	}
}

// A figure that is no number ends the run, and is not kept.
func TestRunRefusesNoNumbers(t *testing.T) {
	c, err := Windows(t.Context(), write(t, "abcdefghabcdefgh"), byBytes{}, 8, 0, pairs, limits)
	if err != nil {
		t.Fatal(err)
	}
	masks, err := CreateMasks("", output.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := Run{Masks: masks, Models: []string{"a.llada", "b.llada"},
		Item: func(_ context.Context, it score.Item) (*score.Record, error) {
			return &score.Record{Tokens: 8, Group: 1, NLL: []float64{1}, Sides: []score.Side{{NLL: []float64{math.NaN()}}}}, nil
		},
		Done: func(*score.Record) { t.Error("a record with NaN was folded") },
	}
	if err := r.Over(t.Context(), c); err == nil || !strings.Contains(err.Error(), "window 0: b.llada: the bound under mask 0 is NaN") {
		t.Errorf("error %v", err)
	}
}

// The mask token in a text is found before anything is scored, wherever it is, and
// its place is named; line ends of two characters are said.
func TestWindowsOfOddTexts(t *testing.T) {
	path := write(t, "abc\r\n"+strings.Repeat("x", 70000)+"\nab\xc4\xabcd")
	_, err := Windows(t.Context(), path, masked{}, 10, 1, pairs, limits)
	var parse *formats.ParseError
	if !errors.As(err, &parse) || parse.Offset != 70008 || !strings.Contains(err.Error(), "line 3: the text holds the mask token \"ī\"") {
		t.Errorf("error %v", err)
	}
	c, err := Windows(t.Context(), write(t, "abc\r\ndef"), byBytes{}, 4, 0, pairs, limits)
	if err != nil || len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "CRLF") {
		t.Errorf("%+v, %v", c, err)
	}
}

// masked is a tokenizer in which ī is the mask token.
type masked struct{}

func (masked) Encode(text string) ([]int32, error) {
	ids, err := byBytes{}.Encode(text)
	if i := strings.Index(text, "ī"); i >= 0 {
		ids = append(append(ids[:i:i], limits.Mask), ids[i+2:]...)
	}
	return ids, err
}

func (masked) Cut(text string) int { return max(0, strings.LastIndexAny(text, "xa")) }

func (masked) Decode(ids []int32, _ bool) string {
	if len(ids) == 1 && ids[0] == limits.Mask {
		return "ī"
	}
	return strings.Repeat("x", len(ids))
}
