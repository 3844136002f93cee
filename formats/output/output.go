package output

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"llada/formats"
)

// WholeSuffix marks an output that is made of a journal, whose name ends in
// formats.PartialSuffix.
const WholeSuffix = ".whole"

// Options of Create.
type Options struct {
	Force  bool   // replace an existing file
	Stream bool   // "-" is standard output; pipes and devices are written to
	Size   int64  // bytes to come, for which there must be room; 0: not known
	Suffix string // of the temporary name; "" is formats.PartialSuffix
}

// File is an output under way. It is for one goroutine. Abort must be called
// when done, whatever happened; deferring it is always right.
type File struct {
	path  string // as the user gave it
	final string // what it names
	file  *os.File
	buf   *bufio.Writer
	force bool
	whole bool // appears at Commit, unlike a stream
	done  bool
}

// Create starts the output path. It refuses what Check does, an output that
// another run is writing (ErrBusy), and one that the disk has no room for.
func Create(path string, o Options) (*File, error) {
	if o.Stream && IsStream(path) {
		return openStream(path)
	}
	final, err := target(path, o.Force)
	if err != nil {
		return nil, err
	}
	if o.Suffix == "" {
		o.Suffix = formats.PartialSuffix
	}
	f, err := Lock(final + o.Suffix)
	if errors.Is(err, ErrBusy) {
		return nil, fmt.Errorf("%s: %w", path, ErrBusy)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot create the output: %w", err)
	}
	w := &File{path: path, final: final, file: f, buf: bufio.NewWriterSize(f, 1<<16), force: o.Force, whole: true}
	if err := w.begin(o.Size); err != nil {
		w.Abort()
		return nil, err
	}
	return w, nil
}

func (f *File) begin(size int64) error {
	if err := f.file.Truncate(0); err != nil {
		return err
	}
	if free, known := space(filepath.Dir(f.final)); known && free < size {
		return fmt.Errorf("%s: needs %d bytes, but its disk has %d left: make room, or write elsewhere", f.path, size, free)
	}
	return nil
}

// Check refuses an output that must not be written: a folder, a file that is not
// a regular one, an existing one without force (fs.ErrExist), and one whose
// folder is missing.
func Check(path string, o Options) error {
	if o.Stream && IsStream(path) {
		return nil
	}
	_, err := target(path, o.Force)
	return err
}

// target is the file that path names, behind links, if it may be written.
func target(path string, force bool) (string, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if _, err = os.Stat(filepath.Dir(path)); err == nil {
			return path, nil
		}
		return "", fmt.Errorf("cannot create the output %s: its folder: %w", path, err)
	} else if err != nil {
		return "", fmt.Errorf("cannot create the output: %w", err)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", existing(path + " is a link to a file that does not exist: remove it, or name that file")
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", existing(path + " exists and is not a regular file")
	case !force:
		return "", existing(path + " exists: add --force to overwrite it")
	}
	return filepath.EvalSymlinks(path)
}

// existing is the error of an output that is not to be replaced.
type existing string

func (e existing) Error() string        { return string(e) }
func (e existing) Is(target error) bool { return target == fs.ErrExist }

// Write appends data.
func (f *File) Write(b []byte) (int, error) { return f.buf.Write(b) }

// Flush hands on what was written: for a stream, on which somebody waits.
func (f *File) Flush() error { return f.buf.Flush() }

// Commit makes the content durable, then the name. If it fails, nothing is left.
func (f *File) Commit() error {
	if f.done {
		return fmt.Errorf("%s: is closed", f.path)
	}
	err := f.Flush()
	if err == nil && f.whole {
		err = f.commit()
	}
	if err != nil {
		f.Abort()
		return err
	}
	f.done = true
	if f.whole || f.file == os.Stdout {
		return nil
	}
	return f.file.Close()
}

func (f *File) commit() error {
	// Another program may have made the file since.
	final, err := target(f.path, f.force)
	if err != nil {
		return err
	}
	if old, err := os.Stat(final); err == nil {
		f.file.Chmod(old.Mode().Perm()) // where the file system has permissions
	}
	if err := f.file.Sync(); err != nil {
		return err
	}
	if err := rename(f.file, final); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(final))
}

// Abort gives up and removes what is not whole. After Commit, and when called
// again, it does nothing.
func (f *File) Abort() error {
	if f.done {
		return nil
	}
	f.done = true
	switch {
	case f.whole:
		return Remove(f.file)
	case f.file == os.Stdout:
		return nil
	}
	return f.file.Close()
}

// IsStream reports whether what is written to path cannot be taken back: "-", a
// pipe, a device.
func IsStream(path string) bool {
	if path == "-" || path == "/dev/stdout" {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

func openStream(path string) (*File, error) {
	out := os.Stdout
	if path != "-" && path != "/dev/stdout" {
		var err error
		if out, err = os.OpenFile(path, os.O_WRONLY, 0); err != nil {
			return nil, err
		}
	}
	return &File{path: path, file: out, buf: bufio.NewWriterSize(out, 1<<16)}, nil
}
