package container

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"

	"llada/formats"
	"llada/formats/output"
)

// Options of Create.
type Options struct {
	Force bool  // replace an existing file
	Size  int64 // bytes to come, about, for which there must be room; 0: not known
}

// Writer writes a container front to back. It is for one goroutine. The first
// failure sticks: every later call but Abort returns it.
type Writer struct {
	path string
	tmp  *output.File
	out  *bufio.Writer
	off  int64 // bytes given to out
	x    index
	side [][]byte // compressed sections, which follow the tensors
	open *tensorWriter
	err  error
	done bool
}

// Create starts the container path in the file path.partial. It refuses an
// existing path without Force, with an error that wraps fs.ErrExist. Call Abort
// when done, whatever happened; after Commit it does nothing.
func Create(path string, o Options) (*Writer, error) {
	return create(path, o, func(f io.Writer) io.Writer { return f })
}

// create lets a test put something that fails between Writer and file.
func create(path string, o Options, wrap func(io.Writer) io.Writer) (*Writer, error) {
	tmp, err := output.Create(path, output.Options{Force: o.Force, Size: o.Size})
	if err != nil {
		return nil, err
	}
	w := &Writer{path: path, tmp: tmp, out: bufio.NewWriterSize(wrap(tmp), 1<<20)}
	if err := w.write(header(Current)); err != nil {
		w.Abort()
		return nil, err
	}
	return w, nil
}

// SetModel must be called once before Commit.
func (w *Writer) SetModel(m Model) {
	m.EndIDs = append([]int32{}, m.EndIDs...)
	w.x.Model = &m
}

// Need records, once, that a reader must refuse the file unless it knows what
// name stands for (docs/format.md §3).
func (w *Writer) Need(name string) {
	if !slices.Contains(w.x.Needs, name) {
		w.x.Needs = append(w.x.Needs, name)
	}
}

// Tensor begins the next tensor. Exactly i.Size bytes must be written to the
// result before it is closed, and it must be closed before the next begins.
func (w *Writer) Tensor(i formats.Info) (io.WriteCloser, error) {
	if err := w.ready(); err != nil {
		return nil, err
	}
	e := entry{
		Name: i.Name, Encoding: i.Encoding, Shape: append([]int{}, i.Shape...),
		Offset: align(w.off, alignment), Length: i.Size,
		Codebook: append([]int8(nil), i.Codebook...),
		Replaces: append([]int32(nil), i.Replaces...),
	}
	if err := e.check(); err != nil {
		return nil, w.fail(err)
	}
	if err := w.pad(alignment); err != nil {
		return nil, err
	}
	w.open = &tensorWriter{w: w, e: e}
	return w.open, nil
}

type tensorWriter struct {
	w       *Writer
	e       entry
	written int64
}

func (t *tensorWriter) Write(b []byte) (int, error) {
	if t.w.open != t {
		return 0, fmt.Errorf("container: write to tensor %q after it was closed", t.e.Name)
	}
	if t.w.err != nil {
		return 0, t.w.err
	}
	if int64(len(b)) > t.e.Length-t.written {
		return 0, t.w.fail(fmt.Errorf("tensor %q: more than its %d bytes written", t.e.Name, t.e.Length))
	}
	if err := t.w.write(b); err != nil {
		return 0, err
	}
	t.e.CRC32C = crc32.Update(t.e.CRC32C, castagnoli, b)
	t.written += int64(len(b))
	return len(b), nil
}

func (t *tensorWriter) Close() error {
	if t.w.open != t {
		return t.w.err
	}
	t.w.open = nil
	if t.w.err != nil {
		return t.w.err
	}
	if t.written != t.e.Length {
		return t.w.fail(fmt.Errorf("tensor %q: %d of its %d bytes written", t.e.Name, t.written, t.e.Length))
	}
	t.w.x.Tensors = append(t.w.x.Tensors, t.e)
	return nil
}

// Section adds a side section. It may be called at any time before Commit;
// sections come after the tensors, in the order of the calls.
func (w *Writer) Section(name string, data []byte) error {
	if w.err != nil || w.done {
		return w.ready()
	}
	// One goroutine and no state between sections: the same bytes every time.
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithZeroFrames(true))
	if err != nil {
		return w.fail(err)
	}
	defer enc.Close()
	packed := enc.EncodeAll(data, nil)
	s := SectionInfo{
		Name: name, Length: int64(len(packed)), RawLength: int64(len(data)),
		CRC32C: checksum(packed), Compression: zstdCompression,
	}
	if err := s.check(); err != nil {
		return w.fail(err)
	}
	w.x.Sections = append(w.x.Sections, s)
	w.side = append(w.side, packed)
	return nil
}

// Commit writes sections, index and footer, makes sure that all of it is on the
// disk and gives the file its final name. If it fails, nothing is left behind.
func (w *Writer) Commit() error {
	err := w.ready()
	if err == nil {
		err = w.finish()
	}
	if err == nil {
		err = w.fail(w.tmp.Commit())
	}
	if err != nil {
		w.Abort()
		return err
	}
	w.done = true
	return nil
}

func (w *Writer) finish() error {
	if w.x.Model == nil {
		return w.fail(errors.New("no model set"))
	}
	if n := len(w.x.Model.EndIDs); n > maxEnds {
		return w.fail(fmt.Errorf("%d end tokens; at most %d are allowed", n, maxEnds))
	}
	if err := checkNeeds(w.x.Needs); err != nil {
		return w.fail(fmt.Errorf("needs: %w", err))
	}
	if err := w.x.checkNames(); err != nil {
		return w.fail(err)
	}
	if err := w.pad(sectionPage); err != nil {
		return err
	}
	for i, packed := range w.side {
		if err := w.pad(alignment); err != nil {
			return err
		}
		w.x.Sections[i].Offset = w.off
		if err := w.write(packed); err != nil {
			return err
		}
	}
	if err := w.pad(alignment); err != nil {
		return err
	}
	x, err := w.x.encode()
	if err != nil {
		return w.fail(err)
	}
	f := footer{indexOffset: w.off, indexLength: int64(len(x)), indexCRC: checksum(x), version: Current}
	if err := w.write(x); err != nil {
		return err
	}
	if err := w.pad(alignment); err != nil {
		return err
	}
	f.fileLength = w.off + footerSize
	if err := w.write(f.encode()); err != nil {
		return err
	}
	return w.fail(w.out.Flush())
}

// Abort gives up and removes the temporary file. It is harmless after Commit
// and when called twice.
func (w *Writer) Abort() error {
	if w.done {
		return nil
	}
	w.done = true
	return w.tmp.Abort()
}

// ready says whether something new may begin.
func (w *Writer) ready() error {
	switch {
	case w.err != nil:
		return w.err
	case w.done:
		return fmt.Errorf("%s: the writer is closed", w.path)
	case w.open != nil:
		return w.fail(fmt.Errorf("tensor %q is still open", w.open.e.Name))
	}
	return nil
}

func (w *Writer) write(b []byte) error {
	if w.err != nil {
		return w.err
	}
	n, err := w.out.Write(b)
	w.off += int64(n)
	return w.fail(err)
}

// pad writes zeros up to a multiple of n, at most a page of them.
func (w *Writer) pad(n int64) error {
	return w.write(make([]byte, align(w.off, n)-w.off))
}

// fail keeps the first failure and names the file in it.
func (w *Writer) fail(err error) error {
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("%s: %w", w.path, err)
	}
	return w.err
}
