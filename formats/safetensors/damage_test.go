package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"llada/formats"
)

// rawFile is a file with any header and n bytes of data.
func rawFile(header string, n int) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), make([]byte, n)...)
}

// tensor is a header member of F32 numbers.
func tensor(name string, n, begin int) string {
	return fmt.Sprintf(`%q:{"dtype":"F32","shape":[%d],"data_offsets":[%d,%d]}`, name, n, begin, begin+4*n)
}

// raw8 is a file whose only tensor, 8 bytes, is described by text.
func raw8(text string) []byte { return rawFile(`{"t":`+text+`}`, 8) }

func length(n uint64, rest string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, n), rest...)
}

var damagedFiles = []struct {
	name string
	file []byte
	want string
}{
	{"empty", nil, "0 bytes are too short"},
	{"short", make([]byte, 7), "7 bytes are too short for a safetensors file: download it again"},
	{"lfs pointer", []byte("version https://git-lfs.github.com/spec/v1\n"), "run git lfs pull"},
	{"header over the limit", length(100_000_001, "{}"), "header length 100000001 is over the limit of 100000000"},
	{"header length wraps", length(1<<64-1, "{}"), "header length 18446744073709551615 is over"},
	{"header beyond the file", length(3, "{}"), "header length 3 reaches beyond the 2 bytes that follow: the file is truncated"},
	{"no header", length(0, "{}"), `header begins with ""`},
	{"header of other text", rawFile("hello, world", 0), `begins with "hello, w"`},
	{"header is an array", rawFile("[]", 0), `begins with "[]"`},
	{"header not JSON", rawFile("{a}", 0), "header: not JSON: invalid character 'a'"},
	{"header not closed", rawFile(`{"t":{"dtype":"F32"`, 0), "the JSON ends early"},
	{"header not UTF-8", rawFile("{\"\xff\":1}", 0), "not UTF-8"},
	{"trailing text", rawFile(`{} {}`, 0), `"{}" follows the JSON object; only white space may`},
	{"trailing zeros", rawFile("{}\x00", 0), `"\x00" follows the JSON object`},
	{"metadata not an object", rawFile(`{"__metadata__":3}`, 0), "__metadata__ is 3, not an object"},
	{"metadata of numbers", rawFile(`{"__metadata__":{"step":3}}`, 0), `__metadata__: "step" is 3, not a string`},
	{"metadata twice", rawFile(`{"__metadata__":{},"__metadata__":{}}`, 0), `header: "__metadata__" occurs twice`},
	{"tensor twice", rawFile("{"+tensor("t", 1, 0)+","+tensor("t", 1, 4)+"}", 8), `header: "t" occurs twice`},
	{"key twice", raw8(`{"dtype":"F32","dtype":"F32"}`), `tensor "t": "dtype" occurs twice`},
	{"entry not an object", raw8(`null`), `tensor "t" is null, not an object`},
	{"no dtype", raw8(`{"shape":[2],"data_offsets":[0,8]}`), `tensor "t": dtype is missing`},
	{"no shape", raw8(`{"dtype":"F32","data_offsets":[0,8]}`), `tensor "t": shape is missing`},
	{"no offsets", raw8(`{"dtype":"F32","shape":[2]}`), `tensor "t": data_offsets holds 0 numbers, not 2`},
	{"dtype not a string", raw8(`{"dtype":["F32"]}`), `tensor "t": dtype is an array, not a string`},
	{"dtype unknown", raw8(`{"dtype":"f32","shape":[2],"data_offsets":[0,8]}`), `tensor "t": dtype "f32" is unknown: update this program`},
	{"part of a byte", raw8(`{"dtype":"F4","shape":[15],"data_offsets":[0,8]}`), `tensor "t": shape [15] of F4 overflows`},
	{"web page", []byte("<!DOCTYPE html><html><body>Not Found</body></html>"), "is a web page, not the file itself: the download failed"},
	{"pickle", append([]byte("\x80\x02\x8a\nl\xfc\x9cF"), make([]byte, 100)...), "is a Python pickle"},
	{"GGUF", append([]byte("GGUF\x03\x00\x00\x00"), make([]byte, 100)...), "is a GGUF file"},
	{"shape not an array", raw8(`{"shape":2}`), `tensor "t": shape is 2, not an array`},
	{"shape of text", raw8(`{"shape":["2"]}`), `tensor "t": shape holds "2", not a number`},
	{"shape nested", raw8(`{"shape":[[2]]}`), `tensor "t": shape holds an array, not a number`},
	{"shape negative", raw8(`{"shape":[-2]}`), `tensor "t": shape holds -2, not a whole number`},
	{"shape fractional", raw8(`{"shape":[2.0]}`), `tensor "t": shape holds 2.0, not a whole number`},
	{"shape beyond 64 bits", raw8(`{"shape":[9223372036854775808]}`), `tensor "t": shape holds 9223372036854775808, not a whole number`},
	{"shape too deep", raw8(`{"shape":[1,1,1,1,1,1,1,1,2]}`), `tensor "t": shape has more than 8 numbers`},
	{"shape overflows", raw8(`{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}`), `tensor "t": shape [4294967296 4294967296 2] of F32 overflows`},
	{"bytes overflow", raw8(`{"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]}`), `of F32 overflows`},
	{"size", raw8(`{"dtype":"F32","shape":[3],"data_offsets":[0,8]}`), `tensor "t": shape [3] of F32 needs 12 bytes, but data_offsets [0, 8] give 8`},
	{"offsets backwards", raw8(`{"dtype":"F32","shape":[2],"data_offsets":[8,0]}`), `tensor "t": data_offsets begin at 8, behind their end 0`},
	{"three offsets", raw8(`{"data_offsets":[0,4,8]}`), `tensor "t": data_offsets has more than 2 numbers`},
	{"offsets negative", raw8(`{"data_offsets":[-8,0]}`), `data_offsets holds -8`},
	{"truncated", rawFile("{"+tensor("a", 2, 0)+","+tensor("b", 2, 8)+"}", 15), `tensor "b" ends at 16 of the data, which is 15 bytes long: the file is truncated, download it again`},
	{"far out of range", rawFile("{"+tensor("a", 2, 1<<40)+"}", 8), `tensor "a" ends at 1099511627784 of the data, which is 8 bytes long`},
	{"overlap", rawFile("{"+tensor("a", 2, 0)+","+tensor("b", 2, 4)+"}", 12), `tensor "b" begins at 4 of the data, but tensor "a" ends at 8: they overlap`},
	{"shared", rawFile("{"+tensor("a", 2, 0)+","+tensor("b", 2, 0)+"}", 8), "they overlap"},
	{"gap", rawFile("{"+tensor("b", 1, 8)+","+tensor("a", 1, 0)+"}", 12), `tensor "b" begins at 8 of the data: the 4 bytes before it belong to no tensor`},
	{"gap at the start", rawFile("{"+tensor("a", 1, 4)+"}", 8), `tensor "a" begins at 4 of the data: the 4 bytes before it`},
	{"extra data", rawFile("{"+tensor("a", 1, 0)+"}", 9), "the last 5 bytes belong to no tensor"},
}

func TestDamagedFiles(t *testing.T) {
	for _, c := range damagedFiles {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f.safetensors")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			checkDamage(t, path, path, c.want)
		})
	}
}

// checkDamage opens a checkpoint that must fail with a message on a file.
func checkDamage(t *testing.T, open, file, want string) {
	t.Helper()
	_, err := Open(open)
	var damage *formats.ParseError
	if !errors.As(err, &damage) {
		t.Fatalf("error %v is no ParseError, want %q", err, want)
	}
	if damage.File != file || !strings.Contains(err.Error(), want) {
		t.Errorf("%v\nwant %s: ... %q", err, file, want)
	}
}

func TestSoundFiles(t *testing.T) {
	for _, c := range []struct {
		name    string
		file    []byte
		tensors int
	}{
		{"no tensors", rawFile("{}", 0), 0},
		{"padded", rawFile("{}      ", 0), 0},
		{"spread", rawFile("{ \"__metadata__\" : {\n} }", 0), 0},
		{"order of the header", rawFile("{"+tensor("a", 1, 4)+","+tensor("b", 1, 0)+"}", 8), 2},
		{"empty tensors", rawFile("{"+tensor("a", 1, 0)+","+tensor("b", 0, 4)+","+tensor("c", 0, 0)+"}", 4), 3},
		{"white space around", rawFile(" \r\n{"+tensor("a", 1, 0)+"}\n\t", 4), 1},
		{"metadata null", rawFile(`{"__metadata__":null,`+tensor("a", 1, 0)+"}", 4), 1},
		{"metadata null last", rawFile("{"+tensor("a", 1, 0)+`, "__metadata__" : null }`, 4), 1},
		{"unknown key", raw8(`{"dtype":"F32","stride":[1],"shape":[2],"data_offsets":[0,8]}`), 1},
		{"other dtypes", rawFile(`{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F4","shape":[2],"data_offsets":[8,9]}}`, 9), 2},
		{"a length like a pickle's beginning", rawFile("{"+strings.Repeat(" ", 0x280-2)+"}", 0), 0},
		{"escaped name", rawFile(`{"\u0061":{"dtype":"F16","shape":[],"data_offsets":[0,2]}}`, 2), 1},
	} {
		h, err := parseHeader("f", c.file)
		if err != nil || len(h.entries) != c.tensors {
			t.Errorf("%s: %+v, %v", c.name, h, err)
		}
	}
}

func TestDamagedFolders(t *testing.T) {
	const one, two = "one.safetensors", "two.safetensors"
	sound := map[string][]byte{
		one: rawFile("{"+tensor("a", 2, 0)+"}", 8),
		two: rawFile("{"+tensor("b", 3, 0)+"}", 12),
	}
	ix := func(pairs ...string) string { return `{"weight_map":{` + strings.Join(pairs, ",") + "}}" }
	a, b := `"a":"one.safetensors"`, `"b":"two.safetensors"`
	for _, c := range []struct {
		name  string
		index string
		files map[string][]byte // over the sound ones
		on    string            // the file at fault
		want  string
	}{
		{"empty", "", nil, indexName, "index: the JSON ends early"},
		{"not JSON", "{", nil, indexName, "the JSON ends early"},
		{"not an object", "[]", nil, indexName, "index is an array, not an object"},
		{"trailing", ix(a, b) + "x", nil, indexName, `"x" follows the JSON object`},
		{"no map", `{"metadata":{}}`, nil, indexName, "weight_map is missing or empty"},
		{"empty map", ix(), nil, indexName, "weight_map is missing or empty"},
		{"map not an object", `{"weight_map":["a"]}`, nil, indexName, "weight_map is an array, not an object"},
		{"file not a string", ix(`"a":1`), nil, indexName, `tensor "a" is 1, not a string`},
		{"two maps", `{"weight_map":{` + a + `},"weight_map":{}}`, nil, indexName, `index: "weight_map" occurs twice`},
		{"tensor twice", ix(a, b, a), nil, indexName, `weight_map: "a" occurs twice`},
		{"parent folder", ix(`"a":"../one.safetensors"`), nil, indexName, `tensor "a": "../one.safetensors" is not the plain name`},
		{"absolute", ix(`"a":"/etc/one.safetensors"`), nil, indexName, "is not the plain name"},
		{"subfolder", ix(`"a":"x/one.safetensors"`), nil, indexName, "is not the plain name"},
		{"backslash", ix(`"a":"..\\one.safetensors"`), nil, indexName, "is not the plain name"},
		{"dots", ix(`"a":".."`), nil, indexName, "is not the plain name"},
		{"drive", ix(`"a":"c:one.safetensors"`), nil, indexName, "is not the plain name"},
		{"other kind of file", ix(`"a":"config.json"`), nil, indexName, "is not the plain name of a .safetensors file"},
		{"missing shard", ix(a, b, `"c":"three.safetensors"`), nil, indexName, `1 of 3 shards are missing: download "three.safetensors"`},
		{"missing tensor", ix(a, b, `"c":"one.safetensors"`), nil, indexName, `tensor "c" is said to be in "one.safetensors", which lacks it`},
		{"wrong shard", ix(a, `"b":"one.safetensors"`, `"c":"two.safetensors"`), nil, indexName, `tensor "b" is said to be in "one.safetensors", but is in "two.safetensors"`},
		{"tensor not in the index", ix(a, b), map[string][]byte{two: rawFile("{"+tensor("b", 3, 0)+","+tensor("c", 1, 12)+"}", 16)},
			indexName, `tensor "c" of "two.safetensors" is missing from the index`},
		{"tensor in two shards", ix(a, b), map[string][]byte{two: rawFile("{"+tensor("b", 3, 0)+","+tensor("a", 1, 12)+"}", 16)},
			two, `tensor "a" is in "one.safetensors" too`},
		{"web page", "<html></html>", nil, indexName, "is a web page"},
		{"damaged shard", ix(a, b), map[string][]byte{two: rawFile("{"+tensor("b", 3, 0)+"}", 11)}, two, "the file is truncated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, files := range []map[string][]byte{sound, c.files, {indexName: []byte(c.index)}} {
				for name, data := range files {
					if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			checkDamage(t, dir, filepath.Join(dir, c.on), c.want)
		})
	}
}

func TestSoundIndexes(t *testing.T) {
	for _, text := range []string{
		`{"weight_map":{"a":"one.safetensors"}}`,
		`{"metadata":{"total_size":8,"total_parameters":[{}]},"weight_map":{"a":"one.safetensors"},"other":{"x":[1]}}`,
		"{\"metadata\":{\"total_size\":-1e400},\"weight_map\":{\"a\":\"one.safetensors\"}}\n",
		`{"metadata":null,"weight_map":{"a":"one.safetensors"}}`,
		`{"metadata":{"total_size":null},"weight_map":{"a":"one.safetensors"}}`,
		`{"metadata":{"total_size":"8"},"weight_map":{"a":"one.safetensors"}}`,
	} {
		if m, err := parseIndex("i", []byte(text)); err != nil || m["a"] != "one.safetensors" {
			t.Errorf("%s: %+v, %v", text, m, err)
		}
	}
}

// The single file wins over an index of other shards, however that looks, and it
// is said; an index of the single file itself is no second answer.
func TestSingleFileAndIndex(t *testing.T) {
	for _, c := range []struct {
		index string
		notes int
	}{
		{`{"weight_map":{"b":"one.safetensors"}}`, 1},
		{`{"weight_map":{"a":"model.safetensors"}}`, 0},
		{`{"weight_map":{"a":"model.safetensors","b":"one.safetensors"}}`, 1},
		{`{`, 1},
		{"", 0},
	} {
		dir := t.TempDir()
		files := map[string][]byte{
			singleName:        rawFile("{"+tensor("a", 2, 0)+"}", 8),
			"one.safetensors": rawFile("{"+tensor("b", 2, 0)+"}", 8),
		}
		if c.index != "" {
			files[indexName] = []byte(c.index)
		}
		for name, data := range files {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		ck, err := Open(dir)
		if err != nil {
			t.Fatalf("%s: %v", c.index, err)
		}
		if infos := ck.Infos(); len(infos) != 1 || infos[0].Name != "a" || len(ck.Notes()) != c.notes {
			t.Errorf("%s: tensors %v, notes %q", c.index, infos, ck.Notes())
		}
		ck.Close()
	}
}

// Missing shards are counted before any is opened.
func TestMissingShards(t *testing.T) {
	dir := t.TempDir()
	var pairs []string
	for i := range 9 {
		pairs = append(pairs, fmt.Sprintf(`"t%d":"model-%d.safetensors"`, i, i))
	}
	if err := os.WriteFile(filepath.Join(dir, indexName), []byte(`{"weight_map":{`+strings.Join(pairs, ",")+"}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "model-0.safetensors"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	checkDamage(t, dir, filepath.Join(dir, indexName), `8 of 9 shards are missing: download "model-1.safetensors", `)
	checkDamage(t, dir, filepath.Join(dir, indexName), `"model-5.safetensors" and 3 more`)
}

func TestFolderWithoutIndex(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "holds neither") {
		t.Errorf("empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, singleName), rawFile("{"+tensor("a", 2, 0)+"}", 8), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if len(c.Infos()) != 1 {
		t.Errorf("tensors %v", c.Infos())
	}
}
