package mmap

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
)

// File is a file mapped into memory.
type File struct {
	Data []byte // the content, read-only: writing to it crashes; nil when empty

	path string
	read *os.File // not nil: Data is memory of its own, which Load fills from this
}

// Advice is a hint about a range of a file.
type Advice int

const (
	Sequential Advice = iota // will be read once, front to back
	WillNeed                 // will be read soon
	DontNeed                 // may leave memory; reading it again stays correct
)

// Open maps the regular file at path, following symbolic links. Where the file
// system cannot map, Data is memory to read the file into: Load must come before
// any use of Data, and does nothing where the file is mapped.
func Open(path string) (*File, error) { return open(path, mapFile) }

// OpenRead is Open for a file that is not to be mapped.
func OpenRead(path string) (*File, error) {
	return open(path, func(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported })
}

func open(path string, mapFile func(*os.File, int) ([]byte, error)) (*File, error) {
	// Asked before opening, because opening a pipe waits for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := mappable(path, info); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	m := &File{path: path}
	defer func() {
		if m.read == nil {
			f.Close() // a mapping outlives its descriptor
		}
	}()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if err := mappable(path, info); err != nil {
		return nil, err
	}
	size := int(info.Size())
	if size == 0 {
		return m, nil // an empty mapping is an error everywhere
	}
	if m.Data, err = mapFile(f, size); err == nil {
		return m, nil
	}
	memory, none := reserve(size)
	if none != nil {
		return nil, fmt.Errorf("%s: cannot map %d bytes into memory: %w, nor read them: %w", path, size, err, none)
	}
	m.Data, m.read = memory, f
	return m, nil
}

func mappable(path string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return fmt.Errorf("%s: is a folder, not a file", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: is not a regular file (%s), so it cannot be mapped into memory", path, info.Mode().Type())
	case info.Size() > math.MaxInt:
		return fmt.Errorf("%s: %d bytes do not fit this machine's address space", path, info.Size())
	}
	return nil
}

// Close unmaps the file; slices of Data must not be used after it. Closing
// twice is harmless.
func (f *File) Close() error {
	data, read := f.Data, f.read
	f.Data, f.read = nil, nil
	if len(data) == 0 {
		return nil
	}
	if read != nil {
		return errors.Join(free(data), read.Close())
	}
	return unmap(data)
}

// Advise passes a hint about n bytes from off on. The range is cut to the file
// and to whole pages: outwards for hints that bring pages in, inwards for
// DontNeed, which then leaves the neighbours of the range alone. Hints are
// best effort, so failures stay silent. They are about mappings: what Load has read
// stays until Drop.
func (f *File) Advise(off, n int64, advice Advice) {
	size := int64(len(f.Data))
	if off < 0 || n <= 0 || off >= size || f.read != nil {
		return
	}
	end := size
	if n < size-off {
		end = off + n
	}
	page := int64(os.Getpagesize())
	if advice == DontNeed {
		off = (off + page - 1) / page * page
		if end < size {
			end = end / page * page
		}
	} else {
		off = off / page * page
	}
	if off < end {
		advise(f.Data[off:end], advice)
	}
}
