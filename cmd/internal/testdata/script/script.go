package script

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// Main is a TestMain that makes a command callable from scripts under its name.
func Main(m *testing.M, name string, run func(args []string) int) {
	testscript.Main(m, map[string]func(){
		name: func() { os.Exit(run(os.Args[1:])) },
	})
}

// Run runs the scripts in testdata/script of the calling test's folder, which
// is a command's. setup, if not nil, adds to their environment.
func Run(t *testing.T, setup func(*testscript.Env)) {
	tiny, err := filepath.Abs("../../testdata/tiny-llada")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "interrupt": interrupt, "shrink": shrink,
			"json": jsonValue, "keys": jsonKeys, "lines": lines, "pick": pick, "tensor": tensor,
			"checkpoint": clone, "random": random, "tensors": rewrite, "weights": weights,
			"set": set, "unset": unset, "flip": flip, "patch": patch, "poke": poke, "version": version, "cut": cut,
			"smalldisk": smallDisk,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("TINY", tiny)
			if setup != nil {
				setup(e)
			}
			return nil
		},
		Condition:          condition,
		RequireUniqueNames: true,
	})
}

// need ends the script unless it has at least n arguments and no "!".
func need(ts *testscript.TestScript, neg bool, args []string, n int, usage string) {
	if neg || len(args) < n {
		ts.Fatalf("usage: %s", usage)
	}
}
