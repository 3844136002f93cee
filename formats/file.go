package formats

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadFile reads a file of at most limit bytes whole. A folder, a pipe, a device, a
// link to nothing and what is longer are a *ParseError; nothing is waited for.
func ReadFile(path string, limit int64) ([]byte, error) {
	if err := Regular(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, damaged(path, "is larger than %d MB, more than such a file can be", limit>>20)
	}
	if err != nil && !errors.As(err, new(*fs.PathError)) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return data, err
}

// Regular is nil for a regular file and links to one. A folder, a pipe, a device and
// a link to nothing are a *ParseError. It is asked before opening, because opening a
// pipe waits for its writer.
func Regular(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if to, link := os.Readlink(path); link == nil {
			return damaged(path, "is a link to %q, which is not there: download it again", to)
		}
	}
	if err == nil && !info.Mode().IsRegular() {
		return damaged(path, "is %s, not a file", what(info.Mode()))
	}
	return err
}

func damaged(path, format string, args ...any) error {
	return &ParseError{File: path, Offset: -1, Err: fmt.Errorf(format, args...)}
}

// what names the kind of something that is not a regular file.
func what(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something special (" + m.Type().String() + ")"
}
