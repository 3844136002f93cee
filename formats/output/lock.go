package output

import (
	"errors"
	"fmt"
	"os"
)

// ErrBusy is wrapped by the error of a file that another run holds.
var ErrBusy = errors.New("another run is writing this file")

// Lock opens the file name for reading and writing, made if it is missing, for
// this process alone until it is closed. Its content is what another run left.
// The error of one that is held wraps ErrBusy. Where the file system has no
// locks, nobody is kept out.
func Lock(name string) (*os.File, error) {
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is in the way and is not a regular file", name)
	}
	for range 10 {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		// Between open and lock the other run may have renamed or removed the
		// file: then this lock is on something that no longer has the name.
		if isNamed(f, name) {
			return f, nil
		}
		f.Close()
	}
	return nil, fmt.Errorf("%s: %w", name, ErrBusy)
}

func isNamed(f *os.File, name string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Lstat(name)
	return err == nil && os.SameFile(a, b)
}
