package container

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"llada/formats"
	"llada/formats/mmap"
)

// File is an open container. It is a formats.Source whose tensors are the
// mapped file itself. Its methods may be called from several goroutines, but
// not along with Close.
type File struct {
	path     string
	mapping  *mmap.File
	data     []byte
	version  Version
	model    Model
	needs    []string
	tensors  []entry
	byName   map[string]*entry
	sections []SectionInfo
	foot     footer
}

var _ formats.Source = (*File)(nil)

// Open maps a container, or reads it where its file system cannot map, and checks
// everything but the data of tensors and sections; Verify checks those. A file that is no intact container gives a
// *formats.ParseError, one that cannot be read another error; so do Section and
// Verify.
func Open(path string) (*File, error) {
	m, err := mmap.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := open(path, m)
	if err != nil {
		m.Close()
	}
	return f, err
}

func open(path string, m *mmap.File) (*File, error) {
	if err := m.Load(0, int64(len(m.Data))); err != nil {
		return nil, err
	}
	f := &File{path: path, mapping: m, data: m.Data}
	if err := f.Locate(mmap.Guard(f.parse)); err != nil {
		return nil, err
	}
	return f, nil
}

// Close unmaps the file; the data of its tensors must not be used after it.
func (f *File) Close() error {
	f.data = nil
	return f.mapping.Close()
}

// Model describes what the tensors are.
func (f *File) Model() Model {
	m := f.model
	m.EndIDs = slices.Clone(m.EndIDs)
	return m
}

// Needs lists what a program must know to read the file right, by name. Open
// refuses a file that needs something else than this package knows.
func (f *File) Needs() []string { return slices.Clone(f.needs) }

// Version is the format's version that the file was written in.
func (f *File) Version() Version { return f.version }

// Size is the length of the file in bytes.
func (f *File) Size() int64 { return f.foot.fileLength }

// Infos lists the tensors in the order of the file. What its slices hold belongs
// to the File and must not be changed.
func (f *File) Infos() []formats.Info {
	infos := make([]formats.Info, len(f.tensors))
	for i := range f.tensors {
		infos[i] = f.tensors[i].info()
	}
	return infos
}

// Tensor returns a tensor in place. Its checksum is not computed. The error of
// an unknown name wraps fs.ErrNotExist.
func (f *File) Tensor(name string) (formats.Tensor, error) {
	if f.data == nil {
		return formats.Tensor{}, fmt.Errorf("%s: tensor %q: %w", f.path, name, fs.ErrClosed)
	}
	e := f.byName[name]
	if e == nil {
		return formats.Tensor{}, fmt.Errorf("%s: no tensor %q: %w", f.path, name, fs.ErrNotExist)
	}
	if e.Layout != "" {
		return formats.Tensor{}, f.damage(e.Offset, fmt.Errorf(
			"tensor %q: layout %q of %s is unknown: the file is of version %s, this program reads %s: update it",
			name, e.Layout, e.Encoding, f.version, Current))
	}
	return f.tensor(e), nil
}

// tensor is an entry with its bytes, in its encoding's own layout.
func (f *File) tensor(e *entry) formats.Tensor {
	end := e.Offset + e.Length
	return formats.Tensor{Info: e.info(), Data: f.data[e.Offset:end:end]}
}

// Checksum is the CRC-32C of a tensor's data that the index records, 0 of an
// unknown tensor.
func (f *File) Checksum(name string) uint32 {
	if e := f.byName[name]; e != nil {
		return e.CRC32C
	}
	return 0
}

// Release tells the system that a tensor's pages may leave memory. Reading the
// tensor stays correct and brings them back.
func (f *File) Release(name string) {
	if e := f.byName[name]; e != nil && f.data != nil {
		f.mapping.Advise(e.Offset, e.Length, mmap.DontNeed)
	}
}

// damage is the error of a fault at an offset of this file.
func (f *File) damage(offset int64, err error) error {
	return &formats.ParseError{File: f.path, Offset: offset, Err: err}
}

// parse checks the file from the outside in and fills f.
func (f *File) parse() error {
	var err error
	if f.version, err = f.parseHeader(); err != nil {
		return err
	}
	if f.foot, err = f.parseFooter(); err != nil {
		return err
	}
	b := f.data[f.foot.indexOffset:][:f.foot.indexLength]
	if checksum(b) != f.foot.indexCRC {
		return f.damage(f.foot.indexOffset, errors.New("index is damaged: checksum does not match"))
	}
	x, err := decodeIndex(b, knownNeed)
	if err != nil {
		return f.damage(f.foot.indexOffset, fmt.Errorf("index of a version %s file: %w", f.version, err))
	}
	if err := x.checkExtents(f.foot.indexOffset); err != nil {
		return f.damage(f.foot.indexOffset, fmt.Errorf("index: %w", err))
	}
	f.model, f.needs, f.tensors, f.sections, f.byName = *x.Model, x.Needs, x.Tensors, x.Sections, x.byName
	return nil
}
