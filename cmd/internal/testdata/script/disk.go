package script

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"github.com/rogpeppe/go-internal/testscript"
)

func mount(dir string) error {
	return exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).Run()
}

func unmount(dir string) error { return exec.Command("umount", dir).Run() }

// condition is true of smalldisk where this process may mount one.
func condition(name string) (bool, error) {
	if name != "smalldisk" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		return false, nil
	}
	dir, err := os.MkdirTemp("", "disk")
	if err != nil {
		return false, err
	}
	defer os.Remove(dir)
	if mount(dir) != nil {
		return false, nil
	}
	return true, unmount(dir)
}

// smallDisk mounts a disk of 1 MB for the rest of the script.
func smallDisk(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "smalldisk DIR")
	dir := ts.MkAbs(args[0])
	ts.Check(errors.Join(os.MkdirAll(dir, 0o777), mount(dir)))
	ts.Defer(func() { ts.Check(unmount(dir)) })
}
