package script

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"llada/formats/container"
)

// edit replaces a file by what change makes of it. The file may be a link to
// one that is not to be touched.
func edit(ts *testscript.TestScript, name string, change func([]byte) []byte) {
	path := ts.MkAbs(name)
	data, err := os.ReadFile(path)
	ts.Check(err)
	data = change(data)
	ts.Check(os.Remove(path))
	ts.Check(os.WriteFile(path, data, 0o666))
}

// place is an offset; below 0 it counts from the end.
func place(ts *testscript.TestScript, text string, data []byte) int {
	at, err := strconv.Atoi(text)
	ts.Check(err)
	if at < 0 {
		at += len(data)
	}
	if at < 0 || at >= len(data) {
		ts.Fatalf("offset %s is outside of %d bytes", text, len(data))
	}
	return at
}

func flip(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "flip FILE AT")
	at := args[1]
	if _, err := strconv.Atoi(at); err != nil {
		at = section(ts, args[0], at)
	}
	edit(ts, args[0], func(data []byte) []byte {
		data[place(ts, at, data)] ^= 0xff
		return data
	})
}

// section is the offset of the middle of a container's section.
func section(ts *testscript.TestScript, file, name string) string {
	f, err := container.Open(ts.MkAbs(file))
	ts.Check(err)
	defer f.Close()
	for _, s := range f.Sections() {
		if s.Name == name {
			return strconv.FormatInt(s.Offset+s.Length/2, 10)
		}
	}
	ts.Fatalf("%s: no section %q", file, name)
	return ""
}

func patch(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "patch FILE AT HEX")
	bytes, err := hex.DecodeString(args[2])
	ts.Check(err)
	edit(ts, args[0], func(data []byte) []byte {
		copy(data[place(ts, args[1], data):], bytes)
		return data
	})
}

func cut(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "cut FILE N")
	edit(ts, args[0], func(data []byte) []byte { return data[:place(ts, "-"+args[1], data)] })
}

// version writes a container's version into header and footer, with the
// checksums that belong to it (docs/format.md §2).
func version(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "version FILE MAJOR MINOR")
	var v [8]byte
	for i, text := range args[1:3] {
		n, err := strconv.ParseUint(text, 10, 32)
		ts.Check(err)
		binary.LittleEndian.PutUint32(v[4*i:], uint32(n))
	}
	sum := func(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }
	edit(ts, args[0], func(data []byte) []byte {
		copy(data[8:], v[:])
		binary.LittleEndian.PutUint32(data[28:], sum(data[:28]))
		foot := data[len(data)-64:]
		copy(foot[28:], v[:])
		binary.LittleEndian.PutUint32(foot[52:], sum(foot[:52]))
		return data
	})
}

func set(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "set FILE PATH JSON")
	var v any
	if err := json.Unmarshal([]byte(args[2]), &v); err != nil {
		ts.Fatalf("%s: %v", args[2], err)
	}
	editJSON(ts, args[0], func(doc map[string]any) { at(ts, doc, args[1], func(o map[string]any, key string) { o[key] = v }) })
}

func unset(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "unset FILE PATH")
	editJSON(ts, args[0], func(doc map[string]any) {
		at(ts, doc, args[1], func(o map[string]any, key string) { delete(o, key) })
	})
}

// at finds the object that a path like a/b ends in.
func at(ts *testscript.TestScript, doc map[string]any, path string, f func(o map[string]any, key string)) {
	steps := strings.Split(path, "/")
	for _, s := range steps[:len(steps)-1] {
		next, ok := doc[s].(map[string]any)
		if !ok {
			ts.Fatalf("%s: no object %q", path, s)
		}
		doc = next
	}
	f(doc, steps[len(steps)-1])
}

// editJSON changes a JSON document: the file, or a safetensors file's header.
func editJSON(ts *testscript.TestScript, name string, change func(map[string]any)) {
	edit(ts, name, func(data []byte) []byte {
		text, rest := data, []byte(nil)
		tensors := filepath.Ext(name) == ".safetensors"
		if tensors {
			n := 8 + binary.LittleEndian.Uint64(data)
			text, rest = data[8:n], data[n:]
		}
		var doc map[string]any
		ts.Check(json.Unmarshal(text, &doc))
		change(doc)
		text, err := json.Marshal(doc)
		ts.Check(err)
		if !tensors {
			return text
		}
		out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
		return append(append(out, text...), rest...)
	})
}
