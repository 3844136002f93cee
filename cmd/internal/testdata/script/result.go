package script

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"llada/formats/safetensors"
)

// lookup follows a path like a.0.b through decoded JSON; len is a length.
func lookup(v any, path string) (any, bool) {
	if path == "." {
		return v, true
	}
	for step := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			next, ok := x[step]
			if step == "len" && !ok {
				next, ok = float64(len(x)), true
			}
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			if step == "len" {
				v = float64(len(x))
				continue
			}
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(x) || i < -len(x) {
				return nil, false
			}
			v = x[(i+len(x))%len(x)]
		default:
			return nil, false
		}
	}
	return v, true
}

func document(ts *testscript.TestScript, file string) any {
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile(file)), &v); err != nil {
		ts.Fatalf("%s: %v", file, err)
	}
	return v
}

// jsonValue compares a value of a JSON file.
func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 || neg && len(args) == 3 {
		ts.Fatalf("usage: json FILE PATH [VALUE]; ! json FILE PATH")
	}
	v, ok := lookup(document(ts, args[0]), args[1])
	if neg {
		if ok {
			ts.Fatalf("%s is there: %v", args[1], v)
		}
		return
	}
	if !ok {
		ts.Fatalf("%s is missing", args[1])
	}
	if len(args) == 2 {
		return
	}
	if about, ok := strings.CutPrefix(args[2], "~"); ok {
		want, err := strconv.ParseFloat(about, 64)
		ts.Check(err)
		if got, ok := v.(float64); !ok || math.Abs(got-want) > 0.01*math.Abs(want) {
			ts.Fatalf("%s is %v, want about %v", args[1], v, want)
		}
		return
	}
	got, isText := v.(string)
	if !isText {
		text, err := json.Marshal(v)
		ts.Check(err)
		got = string(text)
	}
	if got != args[2] {
		ts.Fatalf("%s is %s, want %s", args[1], got, args[2])
	}
}

// jsonKeys compares the keys of an object.
func jsonKeys(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "keys FILE PATH NAME...")
	v, _ := lookup(document(ts, args[0]), args[1])
	object, ok := v.(map[string]any)
	if !ok {
		ts.Fatalf("%s is not an object: %v", args[1], v)
	}
	got, want := slices.Sorted(maps.Keys(object)), slices.Sorted(slices.Values(args[2:]))
	if !slices.Equal(got, want) {
		ts.Fatalf("%s has keys %v, want %v", args[1], got, want)
	}
}

// tensor looks for a tensor in a safetensors file.
func tensor(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 4, "tensor FILE NAME DTYPE SHAPE")
	c, err := safetensors.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer c.Close()
	t, err := c.Tensor(args[1])
	ts.Check(err)
	got, want := fmt.Sprint(t.Encoding, t.Shape), fmt.Sprintf("%s[%s]", args[2], strings.ReplaceAll(args[3], ",", " "))
	if got != want {
		ts.Fatalf("%s is %s, want %s", args[1], got, want)
	}
}

// lines writes the lines of a file to 0.json, 1.json and so on.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "lines FILE")
	old, err := filepath.Glob(ts.MkAbs("[0-9]*.json"))
	ts.Check(err)
	for _, f := range old {
		ts.Check(os.Remove(f))
	}
	n := 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		ts.Check(os.WriteFile(ts.MkAbs(fmt.Sprintf("%d.json", n)), []byte(line), 0o666))
		n++
	}
}

// pick writes a value of a JSON file to another file, to compare it.
func pick(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "pick FILE PATH OUT")
	v, ok := lookup(document(ts, args[0]), args[1])
	if !ok {
		ts.Fatalf("%s is missing", args[1])
	}
	text, err := json.MarshalIndent(v, "", " ")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), append(text, '\n'), 0o666))
}
