package mmap

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Load brings n bytes from off on into Data, where the file could not be mapped;
// else it does nothing. Loading a range again is correct. Its error names the file.
// It may be called concurrently, for ranges that nobody reads meanwhile.
func (f *File) Load(off, n int64) error {
	if f.read == nil || n == 0 {
		return nil
	}
	_, err := f.read.ReadAt(f.Data[off:off+n], off)
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the file was shortened while it was open")
	}
	return fmt.Errorf("%s: cannot be read: %w", f.path, err)
}

// Drop gives back the memory of n bytes from off on that Load has read; they are
// zeros until they are loaded again. Of a mapped file it is the hint DontNeed.
func (f *File) Drop(off, n int64) {
	if f.read == nil {
		f.Advise(off, n, DontNeed)
		return
	}
	page := int64(os.Getpagesize())
	from, to := (off+page-1)/page*page, (off+n)/page*page
	if from < to {
		forget(f.Data[from:to])
	}
}
