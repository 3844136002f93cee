package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module   = "llada"
	maxLines = 600
)

// layers says what of this module a package and those below it may import. The
// longest matching name decides. "=formats" is formats itself, without what is
// below it. Nothing may import a command.
var layers = []struct {
	pkg string
	may []string
}{
	{"formats", []string{"formats"}},
	{"formats/mmap", []string{"formats/mmap"}},
	{"formats/chat/jinja", []string{"=formats"}},
	{"formats/output", []string{"=formats"}},
	{"formats/journal", []string{"=formats", "formats/output"}},
	{"quant", []string{"=formats", "runtime/asm"}},
	{"quant/convert", []string{"=quant", "formats"}},
	{"runtime", nil},
	{"runtime/asm", []string{"runtime/asm"}},
	{"runtime/backend", []string{"runtime/backend", "=formats"}},
	{"runtime/backend/backendtest", []string{"runtime/backend", "=quant", "=formats"}},
	{"runtime/cpu", []string{"runtime/cpu", "runtime/backend", "runtime/asm", "=quant", "=formats", "formats/mmap"}},
	{"runtime/model", []string{"runtime/model", "runtime/backend", "=formats", "formats/arch"}},
	{"runtime/sample", []string{"runtime/sample", "runtime/model", "runtime/backend"}},
	{"runtime/score", []string{"runtime/score", "runtime/model", "runtime/backend"}},
	{"runtime/score/corpus", []string{"runtime/score", "=formats", "formats/text", "formats/output", "formats/journal"}},
	{"runtime/bundle", []string{"runtime/bundle", "runtime/sample", "runtime/model", "runtime/backend", "runtime/cpu", "formats"}},
	{"calib", []string{"calib", "runtime/model", "runtime/backend", "quant", "formats"}},
	{"cmd", []string{"formats", "quant", "runtime", "calib", "cmd/internal"}},
	{"cmd/internal", []string{"cmd/internal", "=formats", "formats/output", "runtime/cpu"}},
}

type pkg struct {
	ImportPath, Dir, Doc    string
	Imports                 []string
	GoFiles, IgnoredGoFiles []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Doc,Imports,GoFiles,IgnoredGoFiles", "./...")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestLayering(t *testing.T) {
	for _, p := range packages(t) {
		from, _ := ours(p.ImportPath)
		for _, path := range p.Imports {
			to, ok := ours(path)
			if !ok {
				continue
			}
			if why := refusal(from, to); why != "" {
				t.Errorf("%s imports %s: %s", from, to, why)
			}
		}
		if refusal(from, "") == unknown {
			t.Errorf("%s: %s", from, unknown)
		}
	}
}

// TestEngineIsSmall: what computes links nothing that reads files or renders text,
// so that it can be taken by itself.
func TestEngineIsSmall(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"/runtime/cpu").Output()
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{module + "/formats", module + "/formats/mmap", module + "/quant", module + "/runtime/asm", module + "/runtime/backend", module + "/runtime/cpu"}
	for path := range strings.Lines(string(out)) {
		path = strings.TrimSpace(path)
		if _, inside := ours(path); inside && !slices.Contains(allowed, path) {
			t.Errorf("runtime/cpu links %s", path)
		}
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") && !strings.HasPrefix(path, "golang.org/x/sys/") {
			t.Errorf("runtime/cpu links %s", path)
		}
	}
}

const unknown = "no layer; add it to layers, or put the package where it belongs"

// refusal says why an import is not allowed, "" where it is.
func refusal(from, to string) string {
	best := -1
	for i, l := range layers {
		if under(from, l.pkg) && (best < 0 || len(l.pkg) > len(layers[best].pkg)) {
			best = i
		}
	}
	if best < 0 {
		return unknown
	}
	l := layers[best]
	if to == "" || l.pkg == "cmd" && under(to, command(from)) {
		return ""
	}
	for _, may := range l.may {
		if exact, ok := strings.CutPrefix(may, "="); ok && to == exact || !ok && under(to, may) {
			return ""
		}
	}
	if len(l.may) == 0 {
		return l.pkg + " may import nothing of this module"
	}
	return l.pkg + " may import " + strings.Join(l.may, ", ") + " alone"
}

// command is the folder of a command, cmd/name, that a package belongs to.
func command(path string) string {
	parts := strings.SplitN(path, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func under(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

func ours(path string) (string, bool) { return strings.CutPrefix(path, module+"/") }

func TestRefusal(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"formats/container", "formats", true},
		{"formats/container", "quant", false},
		{"quant", "formats", true},
		{"quant", "formats/container", false},
		{"quant", "quant/convert", false},
		{"quant/convert", "quant", true},
		{"quant/convert", "formats/container", true},
		{"quant/convert", "runtime/asm", false},
		{"runtime/cpu", "quant", true},
		{"runtime/cpu", "quant/convert", false},
		{"quant/convert", "runtime/cpu", false},
		{"quant", "runtime/asm", true},
		{"quant", "runtime/cpu", false},
		{"runtime/asm", "quant", false},
		{"runtime/asm", "formats", false},
		{"runtime/cpu", "runtime/asm", true},
		{"runtime/model", "runtime/cpu", false},
		{"runtime/sample", "runtime/model", true},
		{"runtime/sample", "formats/tokenizer", false},
		{"runtime/cpu", "formats/container", false},
		{"runtime/score/corpus", "formats/tokenizer", false},
		{"runtime/bundle", "runtime/cpu", true},
		{"cmd/llada-run", "runtime/cpu", true},
		{"cmd/llada-run", "cmd/llada-run/show", true},
		{"cmd/llada-run", "cmd/llada-convert", false},
		{"formats", "cmd/llada-run", false},
		{"elsewhere", "formats", false},
	} {
		if why := refusal(c.from, c.to); (why == "") != c.ok {
			t.Errorf("%s → %s: %q", c.from, c.to, why)
		}
	}
}

// TestPackages holds every package to a comment that says what it owns, and
// every file to a size that fits in one head.
func TestPackages(t *testing.T) {
	for _, p := range packages(t) {
		name, _ := ours(p.ImportPath)
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s: no package comment", name)
		}
		for _, f := range append(p.GoFiles, p.IgnoredGoFiles...) {
			data, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(data, []byte("\n")); n > maxLines {
				t.Errorf("%s/%s: %d lines, more than %d", name, f, n, maxLines)
			}
		}
	}
}
