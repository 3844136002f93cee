//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package container

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain is also the other process of the tests below.
func TestMain(m *testing.M) {
	path := os.Getenv("CONTAINER_TEST_OUT")
	if path == "" {
		os.Exit(m.Run())
	}
	limited := os.Getenv("CONTAINER_TEST_LIMIT") != ""
	if limited {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 8192, Max: 8192}); err != nil {
			panic(err)
		}
	}
	w, err := Create(path, Options{})
	if err != nil {
		panic(err)
	}
	if err := fill(new(testing.T), w); err != nil {
		panic(err)
	}
	if limited {
		if err := w.Commit(); errors.Is(err, unix.EFBIG) {
			os.Exit(3)
		}
		os.Exit(0)
	}
	w.out.Flush()
	unix.Kill(os.Getpid(), unix.SIGKILL)
}

// other runs this test binary once more. Under an emulator, LLADA_TEST_EXEC names
// the program that runs it.
func other(t *testing.T, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe)
	if emulator := os.Getenv("LLADA_TEST_EXEC"); emulator != "" {
		c = exec.Command(emulator, exe)
	}
	c.Env = append(os.Environ(), env...)
	return c
}

func TestKilled(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.llada")
	if err := other(t, "CONTAINER_TEST_OUT="+path).Run(); err == nil {
		t.Fatal("was not killed")
	}
	if got := names(t, dir); got != "m.llada.partial" {
		t.Fatalf("left %s", got)
	}
	writeSample(t, path) // takes the stale file over
	if got := names(t, dir); got != "m.llada" {
		t.Errorf("left %s", got)
	}
	if f, err := Open(path); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
}

func TestFileSizeLimit(t *testing.T) {
	dir := t.TempDir()
	c := other(t, "CONTAINER_TEST_OUT="+filepath.Join(dir, "m.llada"), "CONTAINER_TEST_LIMIT=1")
	if out, err := c.CombinedOutput(); c.ProcessState.ExitCode() != 3 {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("left %s", got)
	}
}

func TestTwoRunsOneOutput(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.llada")
	w, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(t, w); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path, Options{Force: true}); err == nil || !strings.Contains(err.Error(), "another run is writing this file") {
		t.Errorf("got %v", err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestPartialInTheWay(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.llada")
	victim := filepath.Join(dir, "victim")
	os.WriteFile(victim, []byte("keep"), 0o600)
	if err := os.Symlink(victim, path+".partial"); err != nil {
		t.Skip(err)
	}
	if _, err := Create(path, Options{}); err == nil || !strings.Contains(err.Error(), "in the way") {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(victim); string(b) != "keep" {
		t.Error("wrote through a symbolic link")
	}
}
