package container

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"llada/formats"
	"llada/formats/mmap"
)

// sampleBytes is the sample container as it lies on the disk.
func sampleBytes(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.llada")
	writeSample(t, path)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// openBytes is Open without the disk.
func openBytes(b []byte) (*File, error) {
	f := &File{path: "m.llada", mapping: &mmap.File{}, data: b}
	if err := f.parse(); err != nil {
		return nil, err
	}
	return f, nil
}

// examine opens and verifies, and says which of the two refused, "no" for none.
func examine(b []byte) (step string, err error) {
	f, err := openBytes(b)
	if err != nil {
		return "open", err
	}
	if err := f.Verify(context.Background(), 1, nil, nil); err != nil {
		return "verify", err
	}
	return "no", nil
}

func isParseError(err error) bool {
	var p *formats.ParseError
	return errors.As(err, &p) && p.File == "m.llada"
}

// withIndex puts another index into the container b, with checksums to match.
func withIndex(b []byte, x []byte) []byte {
	f := decodeFooter(b[len(b)-footerSize:])
	out := append(bytes.Clone(b[:f.indexOffset]), x...)
	out = append(out, make([]byte, align(int64(len(out)), alignment)-int64(len(out)))...)
	f.indexLength, f.indexCRC, f.fileLength = int64(len(x)), checksum(x), int64(len(out))+footerSize
	return append(out, f.encode()...)
}

func indexOf(b []byte) []byte {
	f := decodeFooter(b[len(b)-footerSize:])
	return bytes.Clone(b[f.indexOffset:][:f.indexLength])
}

// withVersion states another version in header and footer.
func withVersion(b []byte, v Version) []byte {
	out := append(header(v), b[headerSize:len(b)-footerSize]...)
	f := decodeFooter(b[len(b)-footerSize:])
	f.version = v
	return append(out, f.encode()...)
}

func TestEveryByteFlipped(t *testing.T) {
	b := sampleBytes(t)
	f, err := openBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	step := 1
	if testing.Short() {
		step = 7
	}
	for i := 0; i < len(b); i += step {
		for _, flip := range []byte{1 << (i % 8), 0xff} {
			b[i] ^= flip
			at, err := examine(b)
			b[i] ^= flip
			inIndex := int64(i) >= f.foot.indexOffset && int64(i) < f.foot.indexOffset+f.foot.indexLength
			switch {
			case err == nil:
				t.Fatalf("byte %d xor %#x goes unnoticed", i, flip)
			case !isParseError(err):
				t.Fatalf("byte %d xor %#x: not a ParseError: %v", i, flip, err)
			case at != "open" && (i < headerSize || inIndex || i >= len(b)-footerSize):
				t.Fatalf("byte %d xor %#x of header, index or footer passes Open", i, flip)
			}
		}
	}
}

func TestEveryTruncation(t *testing.T) {
	b := sampleBytes(t)
	for n := range len(b) {
		if _, err := openBytes(b[:n:n]); !isParseError(err) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		} else if n > 0 && !strings.Contains(err.Error(), "truncated") {
			t.Fatalf("cut to %d bytes: message %q", n, err)
		}
	}
}

// TestVerifyReportsAll damages three parts: each is reported, the first is the
// result.
func TestVerifyReportsAll(t *testing.T) {
	b := sampleBytes(t)
	f, err := openBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	b[f.sections[1].Offset+3] ^= 1
	b[f.tensors[3].Offset+9] ^= 1
	b[f.tensors[0].Offset+f.tensors[0].Length] = 1 // padding before tensors[1]
	for _, threads := range []int{1, 4} {
		var bad []string
		err := f.Verify(context.Background(), threads, nil, func(p Part, _ int64, err error) {
			if err != nil {
				bad = append(bad, p.String())
			}
		})
		want := `tensor "model.embed.weight" tensor "model.q.weight" section "chat_template.jinja"`
		if got := strings.Join(bad, " "); got != want {
			t.Errorf("reported %s", got)
		}
		if !isParseError(err) || !strings.Contains(err.Error(), `offset 4116: padding before tensor "model.embed.weight" is not zero`) {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.Verify(ctx, 2, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestForeignFiles(t *testing.T) {
	sample := sampleBytes(t)
	safetensors := append(binary.LittleEndian.AppendUint64(nil, 40), `{"a":{"dtype":"F32"}}`...)
	textMode := bytes.ReplaceAll(sample, []byte("\r\n"), []byte("\n"))
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "m.llada: offset 0: file is empty"},
		{"gguf", []byte("GGUF\x03\x00\x00\x00more"), "a GGUF file"},
		{"safetensors", safetensors, "a safetensors file"},
		{"zip", []byte("PK\x03\x04........"), "PyTorch checkpoint"},
		{"lfs", []byte("version https://git-lfs.github.com/spec/v1\n"), "Git LFS pointer"},
		{"text", []byte("hello, world"), "wrong magic bytes"},
		{"text mode", textMode, "text mode"},
		{"7 bit", append([]byte{9}, sample[1:]...), "text mode"},
		{"short", sample[:5], "truncated: the file has 5 bytes"},
		{"newer", withVersion(sample, Version{2, 0}), "written by a newer version (2.0); this program reads up to 1.0: update it"},
		{"version 0", withVersion(sample, Version{0, 9}), "version 0.9 does not exist"},
		{"two versions", append(header(Version{1, 1}), sample[headerSize:]...), "header says version 1.1, footer 1.0"},
		{"appended", append(bytes.Clone(sample), 0), "truncated or extended"},
		{"beginning lost", append(bytes.Clone(sample[:headerSize]), sample[headerSize+64:]...), "truncated: footer says 17792 bytes, file has 17728"},
		{"twice", append(bytes.Clone(sample), sample...), "footer says 17792 bytes, file has 35584"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := openBytes(c.data); !isParseError(err) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
}

func TestBadIndex(t *testing.T) {
	sample := sampleBytes(t)
	x := string(indexOf(sample))
	for _, c := range []struct{ name, old, new, want string }{
		{"not JSON", `{"model"`, `["model"`, "invalid character"},
		{"stray comma", `"end_ids":[1,2]`, `"end_ids":[1,2,]`, "model: end_ids: item 2: invalid character"},
		{"no comma", `,"mask_id"`, ` "mask_id"`, "model: invalid character"},
		{"no colon", `"mask_id":5`, `"mask_id" 5`, "model: invalid character"},
		{"leading zero", `"mask_id":5`, `"mask_id":05`, "mask_id: invalid character"},
		{"fraction", `"mask_id":5`, `"mask_id":5.0`, "model: invalid character '.'"},
		{"exponent", `"mask_id":5`, `"mask_id":5e0`, "model: invalid character 'e'"},
		{"lone minus", `"mask_id":5`, `"mask_id":-`, "mask_id: invalid character ','"},
		{"quoted number", `"mask_id":5`, `"mask_id":"5"`, "mask_id: invalid character"},
		{"null number", `"mask_id":5`, `"mask_id":null`, "mask_id: invalid character"},
		{"token beyond int32", `"mask_id":5`, `"mask_id":2147483648`, "2147483648 is outside -2147483648…2147483647"},
		{"negative checksum", `"crc32c":`, `"crc32c":-`, "is outside 0…4294967295"},
		{"control in a string", "LLaDAModelLM", "LLaDA\x01", "class: invalid character"},
		{"bad escape", "LLaDAModelLM", `LLaDA\x41`, "class: invalid character"},
		{"bad unknown value", `{"model":`, `{"later":[{"a":tru}],"model":`, "invalid character 't'"},
		{"deep unknown value", `{"model":`, `{"later":` + strings.Repeat("[", 1<<17) + `,"model":`, "nested too deeply"},
		{"text behind", "]}\n", "]}\n{}", "not the end"},
		{"zero byte behind", "]}\n", "]}\n\x00", "not the end"},
		{"key twice", `"mask_id":5`, `"mask_id":5,"mask_id":5`, `model: "mask_id" occurs twice`},
		{"key twice, escaped", `"mask_id":5`, `"mask_id":5,"\u006dask_id":6`, `model: "mask_id" occurs twice`},
		{"key in capitals", `"sections":`, `"Sections":`, `no "sections"`},
		{"cut short", "]}\n", "", "unexpected end"},
		{"not UTF-8", "LLaDAModelLM", "LLaDA\xff", "not UTF-8"},
		{"no model", `"model":`, `"modem":`, `no "model"`},
		{"no tensors", `"tensors":`, `"sensors":`, `no "tensors"`},
		{"no sections", `"sections":`, `"selections":`, `no "sections"`},
		{"null", `"sections":[`, `"sections":null,"x":[`, "not a list"},
		{"unknown encoding", `"q4"`, `"q3"`, `tensor "model.q.weight": encoding "q3" is unknown: a newer version is needed`},
		{"f16", `"f32"`, `"f16"`, `encoding "f16" is unknown`},
		{"same name", "model.q.weight", "model.norm.weight", `tensor "model.norm.weight" occurs twice`},
		{"no name", "model.q.weight", "", "1 to 1024 bytes"},
		{"control", "model.q.weight", `q\u001b[31m`, "printable"},
		{"no shape", `"shape":[5],`, ``, "no shape"},
		{"zero shape", `"shape":[5]`, `"shape":[0]`, "must be positive"},
		{"negative shape", `"shape":[5]`, `"shape":[-5]`, "must be positive"},
		{"huge shape", `"shape":[5]`, `"shape":[2147483647,2147483647,2147483647]`, "too large"},
		{"many dimensions", `"shape":[5]`, `"shape":[5,1,1,1,1,1,1,1,1]`, "tensors: item 0: shape: more than 8 items"},
		{"flat q4", `"shape":[16,256]`, `"shape":[4096]`, "matrices only"},
		{"length", `"length":20`, `"length":24`, "24 bytes of data, f32 of shape [5] takes 20"},
		{"unaligned", `"offset":4160`, `"offset":4161`, "not a multiple of 64"},
		{"negative offset", `"offset":4160`, `"offset":-64`, "not a multiple of 64"},
		{"in the header", `"offset":4096`, `"offset":64`, `tensor "model.norm.weight" at offset 64 with 20 bytes is out of place`},
		{"overlap", `"offset":4160`, `"offset":4096`, "out of place"},
		{"behind the index", `"offset":9152`, `"offset":1048576`, "out of place"},
		{"offset beyond int64", `"offset":9152`, `"offset":9223372036854775808`, "tensors: item 3: offset: a number beyond 2⁶³"},
		{"offset near int64", `"offset":9152`, `"offset":9223372036854775744`, "out of place"},
		{"short codebook", `,54]`, `]`, "codebook of 15 entries, q4 needs 16"},
		{"wide codebook", `,54]`, `,65]`, "outside -64…64"},
		{"codebook of f32", `"shape":[5]`, `"shape":[5],"codebook":[1]`, "f32 has no codebook"},
		{"no base", `"model.embed.weight"`, `"model.embed"`, `there is no tensor "model.embed.weight"`},
		{"row of nothing", `"replaces":[3,6]`, `"replaces":[3,7]`, "does not fit the shape [7 200]"},
		{"row order", `"replaces":[3,6]`, `"replaces":[6,3]`, "ascending"},
		{"row count", `"replaces":[3,6]`, `"replaces":[3]`, "one row each"},
		{"unknown companion", "embed.weight#rows", "embed.weight#bits", `companions "#bits" are unknown: a newer version is needed`},
		{"companion of a companion", "embed.weight#rows", "embed.weight#rows#rows", `companions "#rows#rows" are unknown`},
		{"companion without a suffix", "model.q.weight", "model.q#", `companions "#" are unknown`},
		{"need", `"tensors":`, `"needs":["col-sums"],"tensors":`,
			`index of a version 1.0 file: needs: item 0: "col-sums" is unknown to this program, which reads version 1.0: update it`},
		{"needs before tensors", `"tensors":[{`, `"needs":["new.tensors"],"tensors":[{"name":3,`, `"new.tensors" is unknown`},
		{"needs behind tensors", `"sections":`, `"needs":["x"],"sections":`, `"x" is unknown`},
		{"needs null", `"tensors":`, `"needs":null,"tensors":`, "needs: invalid character"},
		{"need without a name", `"tensors":`, `"needs":[""],"tensors":`, "needs: item 0: name \"\": must have 1 to 1024 bytes"},
		{"need with a space", `"tensors":`, `"needs":["a b"],"tensors":`, "printable"},
		{"stray rows", `"shape":[5]`, `"shape":[5],"replaces":[1,2]`, "does not end in"},
		{"same section", "notes.unknown", "config.json", `section "config.json" occurs twice`},
		{"section path", "notes.unknown", "../notes", "slash"},
		{"section off page", `"offset":16384`, `"offset":16448`, "multiple of 4096"},
		{"section huge", `"raw_length":0`, `"raw_length":1073741825`, "at most 1073741824"},
		{"section outside", `"offset":16576`, `"offset":1657600`, "out of place"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(x, c.old) {
				t.Fatalf("the index has no %q: %s", c.old, x)
			}
			_, err := openBytes(withIndex(sample, []byte(strings.Replace(x, c.old, c.new, 1))))
			if !isParseError(err) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestLaterAdditions is the promise of a minor version: what is new is ignored
// or refused by name, and only when asked for.
func TestLaterAdditions(t *testing.T) {
	sample := withVersion(sampleBytes(t), Version{1, 7})
	x := string(indexOf(sample))
	for _, r := range [][2]string{
		{`{"model":{`, `{"created":"later","model":{"experts":[{"a":1}],`},
		{`"codebook"`, `"layout":"gpu-32x8","codebook"`},
		{`"raw_length":0`, `"level":3,"raw_length":0`},
	} {
		x = strings.Replace(x, r[0], r[1], 1)
	}
	last := strings.LastIndex(x, `"zstd"`)
	x = x[:last] + `"later"` + x[last+len(`"zstd"`):]
	f, err := openBytes(withIndex(sample, []byte(x)))
	if err != nil {
		t.Fatal(err)
	}
	if f.Version() != (Version{1, 7}) || len(f.Infos()) != 5 {
		t.Errorf("version %s, %d tensors", f.Version(), len(f.Infos()))
	}
	if _, err := f.Section(SectionConfig); err != nil {
		t.Error(err)
	}
	if _, err := f.Tensor("model.embed.weight"); err != nil {
		t.Error(err)
	}
	if _, err := f.Tensor("model.q.weight"); !isParseError(err) || !strings.Contains(err.Error(), `layout "gpu-32x8" of q4 is unknown`) {
		t.Error(err)
	}
	if _, err := f.Section("notes.unknown"); !isParseError(err) || !strings.Contains(err.Error(), `compression "later" is unknown`) {
		t.Error(err)
	}
}

// TestSectionLies has sections whose checksum is right and whose content is not
// what the index says.
func TestSectionLies(t *testing.T) {
	sample := sampleBytes(t)
	x := string(indexOf(sample))
	for _, c := range []struct{ old, new, want string }{
		{`"raw_length":44`, `"raw_length":43`, "decompress"},
		{`"raw_length":44`, `"raw_length":45`, "the index says 45"},
		{`"raw_length":44`, `"raw_length":1048576`, "the index says 1048576"},
	} {
		f, err := openBytes(withIndex(sample, []byte(strings.Replace(x, c.old, c.new, 1))))
		if err != nil {
			t.Fatal(err, x)
		}
		if _, err := f.Section(SectionConfig); !isParseError(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.new, err)
		}
	}
}
