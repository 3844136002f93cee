//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package output

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return ErrBusy
	case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOLCK), errors.Is(err, unix.ENOSYS):
		return nil // some network file systems; no lock is better than no output
	}
	return err
}

// rename keeps the file open, and with it the lock, until the name is gone:
// nobody else can get hold of the content in between.
func rename(f *os.File, to string) error {
	if err := os.Rename(f.Name(), to); err != nil {
		return err
	}
	return f.Close()
}

// Remove closes a file of Lock and deletes it, if it still has its name.
func Remove(f *os.File) error {
	var err error
	if isNamed(f, f.Name()) {
		err = os.Remove(f.Name())
	}
	f.Close()
	return err
}

// syncFolder makes the new name durable.
func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return nil // a folder may be writable without being readable
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	return nil
}
