package container

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"llada/formats"
)

// temporary is the file that a container is written to. It has a fixed name
// next to the final one, so that a run that was killed leaves at most one file
// behind, which the next run takes over, and so that two runs with one output
// meet each other at its lock.
type temporary struct {
	file  *os.File
	final string
	force bool
}

func newTemporary(final string, force bool) (*temporary, error) {
	if err := mayWrite(final, force); err != nil {
		return nil, err
	}
	name := final + formats.PartialSuffix
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is in the way and is not a regular file", name)
	}
	for range 10 {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, fmt.Errorf("cannot create the output: %w", err)
		}
		if err := lock(f); err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: another run is writing this file: %w", final, err)
		}
		// Between open and lock the other run may have renamed or removed the
		// file: then this lock is on something that no longer has the name.
		if !sameFile(f, name) {
			f.Close()
			continue
		}
		if err := f.Truncate(0); err != nil {
			f.Close()
			return nil, err
		}
		return &temporary{file: f, final: final, force: force}, nil
	}
	return nil, fmt.Errorf("%s: another run is writing this file", final)
}

// mayWrite refuses what must not be replaced.
func mayWrite(final string, force bool) error {
	if _, err := os.Lstat(final); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if info, err := os.Stat(final); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s: exists and is not a regular file: %w", final, fs.ErrExist)
	}
	if !force {
		return fmt.Errorf("%s: %w (--force replaces it)", final, fs.ErrExist)
	}
	return nil
}

func sameFile(f *os.File, name string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(name)
	return err == nil && os.SameFile(a, b)
}

// commit makes the content durable, then the name.
func (t *temporary) commit() error {
	if err := t.file.Sync(); err != nil {
		return err
	}
	if err := mayWrite(t.final, t.force); err != nil {
		return err
	}
	if err := renameOpen(t.file, t.final); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(t.final))
}

// remove deletes the file, if it still has its temporary name.
func (t *temporary) remove() error {
	return removeOpen(t.file)
}
