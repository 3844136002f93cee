package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"llada/cmd/internal/cli"
	"llada/cmd/internal/testdata/script"
)

func TestMain(m *testing.M) { script.Main(m, "llada-run", run) }

// TestScripts gives the scripts llada-convert and, as $Q4 to $F32, the tiny
// model at every level. They must not change these files.
func TestScripts(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir+string(os.PathSeparator), "../llada-convert")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	levels := []string{"q4", "q6", "q8", "bf16", "f32"}
	for _, level := range levels {
		convert := exec.Command(filepath.Join(dir, "llada-convert"),
			"../../testdata/tiny-llada", "--"+level, "-o", filepath.Join(dir, level+".llada"))
		if out, err := convert.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", level, err, out)
		}
	}
	script.Run(t, func(e *testscript.Env) {
		for _, level := range levels {
			e.Setenv(strings.ToUpper(level), filepath.Join(dir, level+".llada"))
		}
		e.Setenv("PATH", dir+string(os.PathListSeparator)+e.Getenv("PATH"))
	})
}

func TestFlags(t *testing.T) { script.Flags(t, newRootCommand(&cli.Globals{})) }
