package script

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"llada/formats"
	"llada/formats/output"
	"llada/formats/safetensors"
	"llada/testdata/checkpoint"
)

// clone makes a folder with copies of $TINY's small files and links to its
// shards, which edit replaces when it changes them.
func clone(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "checkpoint DIR [KEY=VALUE...]")
	dir, from := ts.MkAbs(args[0]), ts.Getenv("TINY")
	ts.Check(os.MkdirAll(dir, 0o777))
	files, err := os.ReadDir(from)
	ts.Check(err)
	for _, f := range files {
		old, name := filepath.Join(from, f.Name()), filepath.Join(dir, f.Name())
		if _, err := os.Lstat(name); err == nil { // perhaps a link, through which from would be written
			ts.Fatalf("checkpoint: %s is there already", name)
		}
		if filepath.Ext(name) == ".safetensors" && os.Symlink(old, name) == nil {
			continue
		}
		data, err := os.ReadFile(old)
		ts.Check(err)
		ts.Check(os.WriteFile(name, data, 0o666))
	}
	for _, a := range args[1:] {
		key, value, _ := strings.Cut(a, "=")
		set(ts, false, []string{filepath.Join(args[0], "config.json"), key, value})
	}
}

// random writes a checkpoint with random weights, tokenizer included where the
// vocabulary has room for it.
func random(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "random DIR [KEY=VALUE...]")
	tiny := ts.Getenv("TINY")
	text, err := os.ReadFile(filepath.Join(tiny, "config.json"))
	ts.Check(err)
	c, err := checkpoint.ParseConfig(text)
	ts.Check(err)
	o := checkpoint.Options{Tokenizer: tiny, Workers: 1}
	for _, a := range args[1:] {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "shards":
			o.Shards, err = strconv.Atoi(value)
			ts.Check(err)
		case "tokenizer":
			o.Tokenizer = value
		default:
			c = c.With(key, json.RawMessage(value))
		}
	}
	ts.Check(checkpoint.Write(ts.MkAbs(args[0]), c, o))
}

// rewrite replaces a checkpoint's shards and index by one file with other
// tensors in it.
func rewrite(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "tensors DIR drop:NAME|copy:FROM:TO...")
	dir := ts.MkAbs(args[0])
	c, err := safetensors.Open(dir)
	ts.Check(err)
	defer c.Close()
	from := map[string]string{} // name in the new file: in the old one
	for _, i := range c.Infos() {
		from[i.Name] = i.Name
	}
	for _, a := range args[1:] {
		switch parts := strings.Split(a, ":"); {
		case parts[0] == "drop" && len(parts) == 2:
			delete(from, parts[1])
		case parts[0] == "copy" && len(parts) == 3:
			from[parts[2]] = parts[1]
		default:
			ts.Fatalf("unknown edit %q", a)
		}
	}
	var infos []formats.Info
	var data [][]byte
	for _, name := range slices.Sorted(maps.Keys(from)) {
		t, err := c.Tensor(from[name])
		ts.Check(err)
		t.Info.Name = name
		infos, data = append(infos, t.Info), append(data, t.Data)
	}
	w, err := safetensors.Create(filepath.Join(dir, "new.safetensors"), infos, nil, output.Options{})
	ts.Check(err)
	defer w.Abort()
	for _, d := range data {
		_, err := w.Write(d)
		ts.Check(err)
	}
	ts.Check(w.Close())
	files := map[string]bool{}
	for _, i := range c.Infos() {
		files[c.File(i.Name)] = true
	}
	for f := range files {
		ts.Check(os.Remove(f))
	}
	ts.Check(os.Remove(filepath.Join(dir, "model.safetensors.index.json")))
	ts.Check(os.Rename(filepath.Join(dir, "new.safetensors"), filepath.Join(dir, "model.safetensors")))
}

// weights overwrites numbers of a bf16 tensor, as 0=7fc0.
func weights(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "weights DIR NAME AT=BITS...")
	c, err := safetensors.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	file := c.File(args[1])
	ts.Check(c.Close())
	edit(ts, file, func(data []byte) []byte {
		n := binary.LittleEndian.Uint64(data)
		var header map[string]struct {
			Offsets [2]int `json:"data_offsets"`
		}
		ts.Check(json.Unmarshal(data[8:8+n], &header))
		tensor := data[8+int(n)+header[args[1]].Offsets[0]:]
		for _, a := range args[2:] {
			at, text, _ := strings.Cut(a, "=")
			i, err := strconv.Atoi(at)
			ts.Check(err)
			v, err := strconv.ParseUint(text, 16, 16)
			ts.Check(err)
			binary.LittleEndian.PutUint16(tensor[2*i:], uint16(v))
		}
		return data
	})
}
