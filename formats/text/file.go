package text

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// Limit bounds a line, and a text that is read at once, such as what comes from a
// pipe: no context is that long.
const Limit = 64 << 20

// Stdin is the path that stands for standard input.
const Stdin = "-"

// File is a text that can be read again and again.
type File struct {
	Name string // for messages

	path    string
	info    os.FileInfo // of a regular file
	content []byte      // of what is none: it gives its bytes once
}

// Open opens the text at path. What a pipe or a device gives, up to Limit, is kept
// in memory; a regular file is not.
func Open(path string) (*File, error) {
	if path == Stdin {
		f := &File{Name: "stdin"}
		var err error
		f.content, err = readAll(os.Stdin, f.Name)
		return f, err
	}
	f := &File{Name: path, path: path}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder, want a file", path)
	case info.Mode().IsRegular():
		f.info = info
		return f, nil
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	f.content, err = readAll(in, f.Name)
	return f, err
}

// open begins to read the text, which must be what it was when it was opened.
func (f *File) open() (*reader, error) {
	if f.info == nil {
		return newReader(io.NopCloser(bytes.NewReader(f.content)), f.Name)
	}
	in, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	info, err := in.Stat()
	if err == nil && !(os.SameFile(info, f.info) && info.Size() == f.info.Size() && info.ModTime().Equal(f.info.ModTime())) {
		err = fmt.Errorf("%s has changed since this command began to read it", f.Name)
	}
	if err != nil {
		in.Close()
		return nil, err
	}
	return newReader(in, f.Name)
}

// Digest identifies the text.
func (f *File) Digest() (string, error) {
	r, err := f.open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := sha256.New()
	_, err = io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), err
}

// Whole reads the text at once.
func (f *File) Whole() (string, error) {
	in, err := f.open()
	if err != nil {
		return "", err
	}
	defer in.Close()
	data, err := readAll(in, f.Name)
	if err != nil {
		return "", err
	}
	if bad := invalid(data); bad >= 0 {
		return "", noText(f.Name, in.offset+int64(bad), data[bad])
	}
	return string(data), nil
}

// Read reads a text at once.
func Read(in io.Reader, name string) (string, error) {
	data, err := readAll(in, name)
	if err != nil {
		return "", err
	}
	return Clean(string(data), name)
}

// Clean is a text as it came, without byte order mark, or says where it is none.
func Clean(s, name string) (string, error) {
	data := []byte(s)
	mark, err := begin(data, name)
	if err != nil {
		return "", err
	}
	if bad := invalid(data); bad >= 0 {
		return "", noText(name, int64(bad), data[bad])
	}
	return s[mark:], nil
}

// CRLF is what to say of a text with line ends of two characters.
func CRLF(name string) string {
	return name + " has CRLF line ends, whose carriage returns are tokens of the text too: remove them where the text was not meant to have them"
}

func readAll(in io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(in, Limit+1))
	if err == nil && len(data) > Limit {
		err = fmt.Errorf("more than %d MB, which is kept in memory: give a file by its name", Limit>>20)
	}
	var path *os.PathError
	if err != nil && !errors.As(err, &path) {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return data, err
}
