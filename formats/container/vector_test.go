package container

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"llada/formats"
)

var update = flag.Bool("update", false, "write testdata/container anew")

const vectorDir = "../../testdata/container"

// vector is sample.json: what a reader must find in sample.llada, and what it
// must say about damaged variants of it. testdata/container/README.md explains
// the fields.
type vector struct {
	File     string          `json:"file"`
	Size     int64           `json:"size"`
	SHA256   string          `json:"sha256"`
	Version  string          `json:"version"`
	Model    Model           `json:"model"`
	Tensors  []vectorTensor  `json:"tensors"`
	Weights  []vectorWeight  `json:"weights"`
	Sections []vectorSection `json:"sections"`
	Variants []variant       `json:"variants"`
}

type vectorTensor struct {
	entry
	SHA256 string `json:"sha256"`
}

type vectorSection struct {
	SectionInfo
	Text string `json:"text"`
}

type vectorWeight struct {
	Tensor string  `json:"tensor"`
	Row    int     `json:"row"`
	Column int     `json:"column"`
	Value  float32 `json:"value"`
}

type variant struct {
	Name    string   `json:"name"`
	Edits   [][2]int `json:"edits,omitempty"`  // offset, new byte
	Length  int      `json:"length,omitempty"` // cut to this length
	Refused string   `json:"refused"`          // by "open", "section", "verify" or "no"
	Message string   `json:"message,omitempty"`
}

func sum256(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// weight decodes one weight as docs/format.md §6 says, on its own so that it
// checks other decoders.
func weight(x formats.Tensor, r, c int) float32 {
	bf16 := func(b []byte) float32 {
		return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
	}
	b := x.Data
	switch x.Encoding {
	case formats.F32:
		return math.Float32frombits(binary.LittleEndian.Uint32(b[4*(r*x.Cols()+c):]))
	case formats.BF16:
		return bf16(b[2*(r*x.Cols()+c):])
	}
	size := x.Encoding.TileBytes()
	b = b[(r/16*((x.Cols()+255)/256)+c/256)*size:]
	r, c = r%16, c%256
	if x.Encoding == formats.Q8 {
		return bf16(b[2*(c/128*16+r):]) * float32(int8(b[64+c/4*64+4*r+c%4]))
	}
	q := int(b[160+c/8*64+4*r+c%4]) >> (c % 8 / 4 * 4) & 15
	s := int(int8(b[32+c/32*16+r]))
	w8 := 0
	if x.Encoding == formats.Q4 {
		w8 = (int(x.Codebook[q])*s + 64) >> 7
	} else {
		q |= int(b[2208+c/16*64+4*r+c%4]) >> (c % 16 / 4 * 2) & 3 << 4
		w8 = ((q-32)*s + 16) >> 5
	}
	return bf16(b[2*r:]) * float32(w8)
}

// edits are the differences of two files of one length.
func edits(t *testing.T, from, to []byte) [][2]int {
	t.Helper()
	if len(from) != len(to) {
		t.Fatalf("%d bytes became %d", len(from), len(to))
	}
	var out [][2]int
	for i := range to {
		if from[i] != to[i] {
			out = append(out, [2]int{i, int(to[i])})
		}
	}
	return out
}

func makeVector(t *testing.T, b []byte) vector {
	f, err := openBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	v := vector{File: "sample.llada", Size: f.Size(), SHA256: sum256(b), Version: f.Version().String(), Model: f.Model()}
	for _, e := range f.tensors {
		x, err := f.Tensor(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		v.Tensors = append(v.Tensors, vectorTensor{e, sum256(x.Data)})
		for i := range 5 {
			r, c := i*3%x.Rows(), i*61%x.Cols()
			v.Weights = append(v.Weights, vectorWeight{e.Name, r, c, weight(x, r, c)})
		}
	}
	for _, s := range f.sections {
		raw, err := f.Section(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		v.Sections = append(v.Sections, vectorSection{s, string(raw)})
	}
	for _, c := range []struct{ name, old, new, refused, message string }{
		{"unknown encoding", `"q4"`, `"q3"`, "open", `encoding "q3" is unknown`},
		{"f16", `"bf16"`, `"f16" `, "open", `encoding "f16" is unknown`},
		{"shape against length", `[16,256]`, `[16,257]`, "open", "takes"},
		{"offset not aligned", `"offset":4160`, `"offset":4161`, "open", "not a multiple of 64"},
		{"tensors overlap", `"offset":4160`, `"offset":4096`, "open", "out of place"},
		{"codebook too wide", `,54]`, `,99]`, "open", "outside -64…64"},
		{"replaced row absent", `[3,6]`, `[3,7]`, "open", "does not fit"},
		{"companion without base", `embed.weight"`, `embed.weighs"`, "open", "there is no tensor"},
		{"unknown companion", `#rows"`, `#bits"`, "open", `companions "#bits" are unknown`},
		{"unknown need", `{"model":{"class":"LLaDAModelLM",`, `{"needs":["later-one"], "model":{`, "open", `"later-one" is unknown`},
		{"unknown compression", `"zstd"`, `"zstx"`, "section", "compression"},
		{"section longer than stated", `"raw_length":44`, `"raw_length":43`, "section", "decompress"},
	} {
		x := string(indexOf(b))
		if !strings.Contains(x, c.old) {
			t.Fatalf("the index has no %q", c.old)
		}
		bad := withIndex(b, []byte(strings.Replace(x, c.old, c.new, 1)))
		v.Variants = append(v.Variants, variant{c.name, edits(t, b, bad), 0, c.refused, c.message})
	}
	add := func(name string, at int64, refused, message string) {
		v.Variants = append(v.Variants, variant{name, [][2]int{{int(at), int(b[at] ^ 0x10)}}, 0, refused, message})
	}
	add("magic", 0, "open", "magic")
	add("line end in the magic", 4, "open", "text mode")
	add("header", 9, "open", "header is damaged")
	add("header padding", 100, "open", "padding is not zero")
	add("tensor", f.tensors[3].Offset+200, "verify", `tensor "model.q.weight"`)
	add("padding between tensors", f.tensors[0].Offset+f.tensors[0].Length, "verify", "padding")
	add("section", f.sections[0].Offset+20, "section", `section "config.json"`)
	add("padding before the sections", f.sections[0].Offset-1, "verify", "padding")
	add("index", f.foot.indexOffset+30, "open", "index is damaged")
	add("index length", f.Size()-footerSize+8, "open", "footer is damaged")
	add("footer magic", f.Size()-1, "open", "footer")
	v.Variants = append(v.Variants,
		variant{"newer major version", edits(t, b, withVersion(b, Version{2, 0})), 0, "open", "written by a newer version (2.0)"},
		variant{"newer minor version", edits(t, b, withVersion(b, Version{1, 9})), 0, "no", ""},
		variant{"truncated by one byte", nil, len(b) - 1, "open", "truncated"},
		variant{"truncated within the tensors", nil, 5000, "open", "truncated"},
		variant{"truncated within the header", nil, 100, "open", "truncated"})
	return v
}

func (v variant) apply(b []byte) []byte {
	b = bytes.Clone(b)
	for _, e := range v.Edits {
		b[e[0]] = byte(e[1])
	}
	if v.Length > 0 {
		b = b[:v.Length]
	}
	return b
}

// TestVector holds reader and writer to testdata/container.
func TestVector(t *testing.T) {
	sample, described := filepath.Join(vectorDir, "sample.llada"), filepath.Join(vectorDir, "sample.json")
	if *update {
		b := sampleBytes(t)
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		if err := e.Encode(makeVector(t, b)); err != nil {
			t.Fatal(err)
		}
		lines := strings.NewReplacer(
			`,"model":`, ",\n\"model\":", `,"tensors":[`, ",\n\"tensors\":[\n", `,"weights":[`, ",\n\"weights\":[\n",
			`,"sections":[`, ",\n\"sections\":[\n", `,"variants":[`, ",\n\"variants\":[\n", `},{"`, "},\n{\"",
		).Replace(out.String())
		os.MkdirAll(vectorDir, 0o777)
		if err := os.WriteFile(sample, b, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(described, []byte(lines), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(described)
	if err != nil {
		t.Fatal(err)
	}
	var want vector
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, sampleBytes(t)) {
		t.Error("the writer's bytes changed: if only the zstd encoder did, run this test with -update")
	}
	f, err := Open(sample)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Verify(context.Background(), 2, nil, nil); err != nil {
		t.Error(err)
	}
	got := makeVector(t, b)
	if d := cmp.Diff(want, got, cmp.AllowUnexported(vectorTensor{})); d != "" {
		t.Error(d)
	}
	for _, v := range want.Variants {
		t.Run(strings.ReplaceAll(v.Name, " ", "-"), func(t *testing.T) {
			at, err := examine(v.apply(b))
			if v.Refused == "section" && at == "verify" {
				at = "section" // Section finds it and so does Verify
			}
			if at != v.Refused || err != nil && !(isParseError(err) && strings.Contains(err.Error(), v.Message)) {
				t.Errorf("refused by %q: %v; want %q: %q", at, err, v.Refused, v.Message)
			}
		})
	}
}

// TestDocument compares every line of a hex dump in docs/format.md with the
// vector: eight digits of offset, two spaces, up to sixteen bytes, a bar.
func TestDocument(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(vectorDir, "sample.llada"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(text)) {
		digits, rest, ok := strings.Cut(line, "  ")
		at, err := strconv.ParseInt(digits, 16, 64)
		if !ok || len(digits) != 8 || err != nil {
			continue
		}
		dump, _, _ := strings.Cut(rest, "|")
		want, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(dump), " ", ""))
		if err != nil || at+int64(len(want)) > int64(len(b)) || !bytes.Equal(want, b[at:][:len(want)]) {
			t.Errorf("the vector does not have this line: %s", line)
		}
		lines++
	}
	if lines < 20 {
		t.Errorf("only %d lines of a dump found", lines)
	}
}
