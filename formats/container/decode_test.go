package container

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"llada/formats"
)

func anyNeed(string) bool { return true }

// sameAsReference holds decodeIndex to encoding/json: an index that it accepts
// must survive being written anew, and mean the same to both.
func sameAsReference(t *testing.T, b []byte) {
	t.Helper()
	x, err := decodeIndex(b, anyNeed)
	if err != nil {
		t.Fatal(err)
	}
	canonical, err := x.encode()
	if err != nil {
		t.Fatal(err)
	}
	var want index
	if err := json.Unmarshal(canonical, &want); err != nil {
		t.Fatal(err)
	}
	again, err := decodeIndex(canonical, anyNeed)
	if err != nil {
		t.Fatal(err)
	}
	o := cmp.Options{cmpopts.IgnoreUnexported(index{}), cmpopts.EquateEmpty()}
	if d := cmp.Diff(&want, x, o); d != "" {
		t.Fatal(d)
	}
	if d := cmp.Diff(&want, again, o); d != "" {
		t.Fatal(d)
	}
}

func TestDecodeIndex(t *testing.T) {
	x := string(indexOf(sampleBytes(t)))
	spaced := strings.NewReplacer(":", " :\t", ",", "\r\n, ", "[", "[ ", "]", " ]", "{", " { ", "}", " } ").Replace(x)
	for name, b := range map[string]string{
		"sample":  x,
		"spaced":  spaced,
		"needs":   strings.Replace(x, `"tensors"`, `"needs":["b","a"],"tensors"`, 1),
		"escapes": strings.NewReplacer("LLaDAModelLM", `\u004cL\/\"\ud83d\ude00`, `"encoding"`, `"encod\u0069ng"`).Replace(x),
		"skipped": strings.Replace(x, `{"model"`, `{"a":{"model":3,"model":[[],{}]},"b":-1.5E+7,"c":[true,false,null,""],"model"`, 1),
		"minus":   strings.Replace(x, `"mask_id":5`, `"mask_id":-0`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if b == x && name != "sample" {
				t.Fatal("nothing was replaced")
			}
			var want index
			if err := json.Unmarshal([]byte(b), &want); err != nil {
				t.Fatal(err)
			}
			got, err := decodeIndex([]byte(b), anyNeed)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(&want, got, cmpopts.IgnoreUnexported(index{})); d != "" {
				t.Error(d)
			}
			sameAsReference(t, []byte(b))
		})
	}
}

// Every beginning of an index is refused, and none is misread as another.
func TestIndexCutShort(t *testing.T) {
	x := bytes.TrimSpace(indexOf(sampleBytes(t)))
	for n := range x {
		if _, err := decodeIndex(x[:n:n], anyNeed); err == nil || !strings.Contains(err.Error(), "unexpected end") {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
}

func TestNeeds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.llada")
	write := func(needs ...string) error {
		w, err := Create(path, Options{Force: true})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		for _, n := range needs {
			w.Need(n)
		}
		if err := fill(t, w); err != nil {
			t.Fatal(err)
		}
		return w.Commit()
	}
	if err := write("col-sums", "other", "col-sums"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	x := indexOf(b)
	if !bytes.Contains(x, []byte(`]},"needs":["col-sums","other"],"tensors":[`)) {
		t.Errorf("index %s", x)
	}
	got, err := decodeIndex(x, anyNeed)
	if err != nil || !cmp.Equal(got.Needs, []string{"col-sums", "other"}) {
		t.Errorf("%v, %v", got, err)
	}
	var p *formats.ParseError
	_, err = openBytes(withVersion(b, Version{1, 7}))
	if !errors.As(err, &p) || !strings.Contains(err.Error(),
		`index of a version 1.7 file: needs: item 0: "col-sums" is unknown to this program, which reads version 1.0: update it`) {
		t.Error(err)
	}
	_, err = decodeIndex(x, func(need string) bool { return need == "col-sums" })
	if err == nil || !strings.Contains(err.Error(), `item 1: "other" is unknown`) {
		t.Error(err)
	}
	twice := bytes.Replace(x, []byte("other"), []byte("col-sums"), 1)
	if _, err := decodeIndex(twice, anyNeed); err == nil || !strings.Contains(err.Error(), `"col-sums" occurs twice`) {
		t.Error(err)
	}
	var many []string
	for i := range maxNeeds + 1 {
		many = append(many, fmt.Sprint("need-", i))
	}
	list, _ := json.Marshal(many)
	if _, err := decodeIndex(bytes.Replace(x, []byte(`["col-sums","other"]`), list, 1), anyNeed); err == nil ||
		!strings.Contains(err.Error(), "needs: more than 64 items") {
		t.Error(err)
	}
	for want, needs := range map[string][]string{
		"needs: 65 needs; at most 64 are allowed": many,
		"must be printable ASCII":                 {"two words"},
	} {
		if err := write(needs...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if len(f.Needs()) != 0 {
		t.Errorf("%q without a need", f.Needs())
	}
}

// Tensors of one codebook share its memory.
func TestCodebooksShared(t *testing.T) {
	x := string(indexOf(sampleBytes(t)))
	from := strings.Index(x, `{"name":"model.q.weight"`)
	q := x[from : from+strings.Index(x[from:], "}")+1]
	second := strings.Replace(q, "model.q.", "model.k.", 1)
	third := strings.NewReplacer("model.q.", "model.v.", ",54]", ",55]").Replace(q)
	got, err := decodeIndex([]byte(strings.Replace(x, q, q+","+second+","+third, 1)), anyNeed)
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := got.byName["model.q.weight"].Codebook, got.byName["model.k.weight"].Codebook, got.byName["model.v.weight"].Codebook
	if unsafe.SliceData(a) != unsafe.SliceData(b) || !cmp.Equal(a, ramp16) || c[15] != 55 {
		t.Errorf("codebooks %v, %v, %v", a, b, c)
	}
}
