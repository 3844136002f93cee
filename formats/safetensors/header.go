package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"llada/formats"
)

const (
	prefixBytes    = 8           // the header's length
	maxHeaderBytes = 100_000_000 // the limit of the reference implementation
	maxDimensions  = 8
	metadataKey    = "__metadata__"
)

var encodings = map[string]formats.Encoding{
	"F32":  formats.F32,
	"F16":  formats.F16,
	"BF16": formats.BF16,
}

// entry is a tensor of a header; its data are data[begin:end], where data
// starts behind the header.
type entry struct {
	formats.Info
	begin, end int64
}

type header struct {
	entries []entry // in the order of their data
	bytes   int64   // length field included: where the data start
}

// parseHeader reads and checks the header of a whole file.
func parseHeader(path string, file []byte) (*header, error) {
	text, err := headerText(path, file)
	if err != nil {
		return nil, err
	}
	d, err := newDocument(path, prefixBytes, text)
	if err != nil {
		return nil, err
	}
	h := &header{bytes: prefixBytes + int64(len(text))}
	err = d.object("header", func(key string) error {
		if key == metadataKey {
			return d.object(metadataKey, func(key string) error {
				_, err := d.text(fmt.Sprintf("%s: %.80q", metadataKey, key)) // checked, not kept
				return err
			})
		}
		e, err := parseEntry(d, key)
		h.entries = append(h.entries, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	if rest := bytes.Trim(text[d.dec.InputOffset():], " "); len(rest) > 0 {
		return nil, d.errorf("header: %.20q follows the JSON object; only spaces may", rest)
	}
	if err := checkLayout(path, h, int64(len(file))-h.bytes); err != nil {
		return nil, err
	}
	return h, nil
}

// headerText cuts the JSON out of a file.
func headerText(path string, file []byte) ([]byte, error) {
	fail := func(format string, args ...any) ([]byte, error) {
		return nil, &formats.ParseError{File: path, Err: fmt.Errorf(format, args...)}
	}
	if bytes.HasPrefix(file, []byte("version https://git-lfs")) {
		return fail("is a Git LFS pointer, not the weights themselves: run git lfs pull")
	}
	if len(file) < prefixBytes {
		return fail("%d bytes are too short for a safetensors file: download it again", len(file))
	}
	n := binary.LittleEndian.Uint64(file)
	if n > maxHeaderBytes {
		return fail("header length %d is over the limit of %d: this is not a safetensors file", n, maxHeaderBytes)
	}
	if have := len(file) - prefixBytes; n > uint64(have) {
		return fail("header length %d reaches beyond the %d bytes that follow: the file is truncated, download it again", n, have)
	}
	text := file[prefixBytes:][:n]
	if n == 0 || text[0] != '{' {
		return fail("header begins with %.8q, not with an object's brace: this is not a safetensors file", text)
	}
	return text, nil
}

// parseEntry reads what the header says of one tensor.
func parseEntry(d *document, name string) (entry, error) {
	e := entry{Info: formats.Info{Name: name}}
	what := fmt.Sprintf("tensor %.200q", name)
	var dtype string
	var shape, offsets []int64
	err := d.object(what, func(key string) (err error) {
		switch key {
		case "dtype":
			dtype, err = d.text(what + ": dtype")
		case "shape":
			shape, err = d.naturals(what+": shape", maxDimensions)
		case "data_offsets":
			offsets, err = d.naturals(what+": data_offsets", 2)
		default:
			err = d.errorf("%s: unknown key %.80q; dtype, shape and data_offsets are known", what, key)
		}
		return err
	})
	if err != nil {
		return e, err
	}
	switch {
	case dtype == "":
		return e, d.errorf("%s: dtype is missing", what)
	case shape == nil:
		return e, d.errorf("%s: shape is missing", what)
	case len(offsets) != 2:
		return e, d.errorf("%s: data_offsets holds %d numbers, not 2", what, len(offsets))
	case offsets[0] > offsets[1]:
		return e, d.errorf("%s: data_offsets begin at %d, behind their end %d", what, offsets[0], offsets[1])
	}
	e.begin, e.end = offsets[0], offsets[1]

	var known bool
	if e.Encoding, known = encodings[dtype]; !known {
		return e, d.errorf("%s: dtype %.40q is unsupported: only BF16, F16 and F32 are read", what, dtype)
	}
	size, fits := dataBytes(shape, e.Encoding)
	if !fits {
		return e, d.errorf("%s: shape %v of %s overflows", what, shape, dtype)
	}
	if size != e.end-e.begin {
		return e, d.errorf("%s: shape %v of %s needs %d bytes, but data_offsets [%d, %d] give %d",
			what, shape, dtype, size, e.begin, e.end, e.end-e.begin)
	}
	e.Size = size
	e.Shape = make([]int, len(shape))
	for i, n := range shape {
		e.Shape[i] = int(n)
	}
	return e, nil
}

// dataBytes is the product of a shape and a width, false where it or a
// dimension exceeds an int.
func dataBytes(shape []int64, e formats.Encoding) (int64, bool) {
	size := uint64(e.ElementBytes())
	for _, n := range shape {
		if n > math.MaxInt {
			return 0, false
		}
		var over uint64
		if over, size = bits.Mul64(size, uint64(n)); over != 0 || size > math.MaxInt {
			return 0, false
		}
	}
	return int64(size), true
}
