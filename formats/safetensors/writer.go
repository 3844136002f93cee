package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"llada/formats"
	"llada/formats/output"
)

// Writer writes one file. The header comes from the descriptions given first,
// so the data can stream. Nothing has the file's name until Close succeeds.
type Writer struct {
	path  string
	infos []formats.Info
	out   *output.File
	want  int64 // bytes of all data
	have  int64
	err   error // the first failure, which Close reports again
	done  bool
}

// Create begins a file whose tensors are infos, in this order, with room for all
// of it: o.Size is not read. Where the file stays unfinished, Abort must be
// called; deferring it is always right.
func Create(path string, infos []formats.Info, metadata map[string]string, o output.Options) (*Writer, error) {
	head, size, err := encodeHeader(infos, metadata)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	o.Size = int64(len(head)) + size
	out, err := output.Create(path, o)
	if err != nil {
		return nil, err
	}
	w := &Writer{path: path, infos: infos, out: out, want: size}
	if _, err := out.Write(head); err != nil {
		w.Abort()
		return nil, err
	}
	return w, nil
}

// Write appends data: the tensors' bytes one after another, cut anywhere.
func (w *Writer) Write(p []byte) (int, error) {
	switch {
	case w.err != nil:
		return 0, w.err
	case w.done:
		return 0, fmt.Errorf("%s: write after close", w.path)
	case int64(len(p)) > w.want-w.have:
		w.err = fmt.Errorf("%s: more data than the %d bytes of its tensors", w.path, w.want)
		return 0, w.err
	}
	n, err := w.out.Write(p)
	w.have += int64(n)
	w.err = err
	return n, err
}

// Close completes the file and gives it its name; where data are missing or
// could not be written, it removes the file instead.
func (w *Writer) Close() error {
	if w.done {
		return w.err
	}
	if w.err == nil && w.have < w.want {
		w.err = w.incomplete()
	}
	if w.err == nil {
		w.err = w.out.Commit()
	}
	w.Abort()
	return w.err
}

// Abort drops the unfinished file. After Close it does nothing.
func (w *Writer) Abort() {
	w.done = true
	w.out.Abort()
}

// incomplete names the tensor at which the data end.
func (w *Writer) incomplete() error {
	left := w.have
	for _, info := range w.infos {
		if left < info.Size {
			return fmt.Errorf("%s: tensor %q: only %d of %d bytes written", w.path, info.Name, left, info.Size)
		}
		left -= info.Size
	}
	return nil
}

// encodeHeader gives the bytes before the data and the length of the data.
func encodeHeader(infos []formats.Info, metadata map[string]string) (head []byte, size int64, err error) {
	text := bytes.NewBuffer(make([]byte, prefixBytes))
	text.WriteByte('{')
	if len(metadata) > 0 {
		if err := encodeMember(text, metadataKey, metadata); err != nil {
			return nil, 0, err
		}
	}
	seen := map[string]bool{metadataKey: true}
	for _, info := range infos {
		if info.Name == "" || seen[info.Name] || !utf8.ValidString(info.Name) {
			return nil, 0, fmt.Errorf("tensor %q: the name is empty, taken or not UTF-8", info.Name)
		}
		seen[info.Name] = true
		e, err := describeTensor(info, size)
		if err != nil {
			return nil, 0, fmt.Errorf("tensor %q: %w", info.Name, err)
		}
		size = e.Offsets[1]
		if err := encodeMember(text, info.Name, e); err != nil {
			return nil, 0, err
		}
	}
	text.WriteByte('}')
	for text.Len()%8 != 0 {
		text.WriteByte(' ')
	}
	if text.Len()-prefixBytes > maxHeaderBytes {
		return nil, 0, fmt.Errorf("header of %d tensors exceeds %d bytes", len(infos), maxHeaderBytes)
	}
	head = text.Bytes()
	binary.LittleEndian.PutUint64(head, uint64(len(head)-prefixBytes))
	return head, size, nil
}

// member is a tensor as the header spells it.
type member struct {
	Dtype   string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

func describeTensor(info formats.Info, begin int64) (member, error) {
	m := member{Shape: []int64{}}
	m.Dtype = strings.ToUpper(string(info.Encoding))
	if info.Encoding.ElementBytes() == 0 {
		return m, fmt.Errorf("safetensors files cannot hold %q", info.Encoding)
	}
	for _, n := range info.Shape {
		if n < 0 {
			return m, fmt.Errorf("shape %v is negative", info.Shape)
		}
		m.Shape = append(m.Shape, int64(n))
	}
	size, fits := dataBytes(m.Shape, dtypes[m.Dtype])
	if !fits || begin+size < begin || len(m.Shape) > maxDimensions {
		return m, fmt.Errorf("shape %v is too large", info.Shape)
	}
	if size != info.Size {
		return m, fmt.Errorf("shape %v of %s needs %d bytes, not %d", info.Shape, m.Dtype, size, info.Size)
	}
	m.Offsets = [2]int64{begin, begin + size}
	return m, nil
}

// encodeMember appends one key of the header's object.
func encodeMember(text *bytes.Buffer, key string, value any) error {
	k, err := json.Marshal(key)
	if err != nil {
		return err
	}
	v, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if text.Len() > prefixBytes+1 {
		text.WriteByte(',')
	}
	text.Write(k)
	text.WriteByte(':')
	text.Write(v)
	return nil
}
