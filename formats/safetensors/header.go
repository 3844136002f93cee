package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"llada/formats"
	"llada/formats/mmap"
)

const (
	prefixBytes    = 8           // the header's length
	maxHeaderBytes = 100_000_000 // the limit of the reference implementation
	maxDimensions  = 8
	metadataKey    = "__metadata__"
	space          = " \t\r\n" // JSON's
)

// dtypes are the bits of a number in each of the format's types. A tensor of one
// that is no formats.Encoding is listed under its name in lower case; whoever
// needs its numbers refuses it.
var dtypes = map[string]uint64{
	"F32": 32, "F16": 16, "BF16": 16,
	"BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
	"F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
	"F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
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

// loadHeader brings a file's header into memory, as far as it claims to reach and
// may.
func loadHeader(f *mmap.File) error {
	size := int64(len(f.Data))
	if err := f.Load(0, min(size, prefixBytes)); err != nil || size < prefixBytes {
		return err
	}
	var n uint64
	err := mmap.Guard(func() error {
		n = binary.LittleEndian.Uint64(f.Data)
		return nil
	})
	if err != nil || n > maxHeaderBytes {
		n = 512 // as much as tells what the file is instead
	}
	return f.Load(0, min(size, prefixBytes+int64(n)))
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
			if d.null() {
				return d.skip(metadataKey)
			}
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
	if rest := bytes.Trim(text[d.dec.InputOffset():], space); len(rest) > 0 {
		return nil, d.errorf("header: %.20q follows the JSON object; only white space may", rest)
	}
	if err := checkLayout(path, h, int64(len(file))-h.bytes); err != nil {
		return nil, err
	}
	return h, nil
}

// headerText cuts the JSON out of a file.
func headerText(path string, file []byte) ([]byte, error) {
	fail := func(format string, args ...any) ([]byte, error) {
		err := fmt.Errorf(format, args...)
		// Asked late: a length may look like the beginning of something else.
		if is := formats.Foreign(file); is != "" {
			err = errors.New(is)
		}
		return nil, &formats.ParseError{File: path, Err: err}
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
	if !bytes.HasPrefix(bytes.TrimLeft(text, space), []byte("{")) {
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
		default: // the reference implementation passes over them too
			err = d.skip(what)
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

	bits, known := dtypes[dtype]
	if !known {
		return e, d.errorf("%s: dtype %.40q is unknown: update this program, or save the checkpoint as BF16, F16 or F32", what, dtype)
	}
	e.Encoding = formats.Encoding(strings.ToLower(dtype))
	size, fits := dataBytes(shape, bits)
	if !fits {
		return e, d.errorf("%s: shape %v of %s overflows, or ends within a byte", what, shape, dtype)
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

// dataBytes is the product of a shape and a number's bits in whole bytes, false
// where these or a dimension exceed an int or there are no whole bytes.
func dataBytes(shape []int64, bitsEach uint64) (int64, bool) {
	size := bitsEach
	for _, n := range shape {
		if n > math.MaxInt {
			return 0, false
		}
		var over uint64
		if over, size = bits.Mul64(size, uint64(n)); over != 0 || size > math.MaxInt {
			return 0, false
		}
	}
	return int64(size / 8), size%8 == 0
}
