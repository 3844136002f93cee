package container

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// parseHeader checks the first page. Where magic, version and CRC stand is the
// same in every version, so damage and novelty can be told apart.
func (f *File) parseHeader() (Version, error) {
	b := f.data
	if len(b) < len(headerMagic) || string(b[:len(headerMagic)]) != headerMagic {
		return Version{}, f.damage(0, whatElse(b))
	}
	if len(b) < headerSize+footerSize {
		return Version{}, f.damage(int64(len(b)), fmt.Errorf("truncated: %d bytes are less than the smallest container", len(b)))
	}
	if binary.LittleEndian.Uint32(b[28:]) != checksum(b[:28]) {
		return Version{}, f.damage(0, errors.New("header is damaged: checksum does not match"))
	}
	v := Version{binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])}
	switch {
	case v.Major > Current.Major:
		return v, f.damage(8, fmt.Errorf("written by a newer version (%s); this program reads up to %s: update it", v, Current))
	case v.Major == 0:
		return v, f.damage(8, fmt.Errorf("version %s does not exist", v))
	}
	if i := nonZero(b[headerUsed:headerSize]); i >= 0 {
		return v, f.damage(int64(headerUsed+i), errors.New("header is damaged: padding is not zero"))
	}
	return v, nil
}

// parseFooter checks the last 64 bytes and that the index lies where it can.
func (f *File) parseFooter() (footer, error) {
	size := int64(len(f.data))
	at := size - footerSize
	b := f.data[at:]
	if string(b[56:]) != footerMagic {
		return footer{}, f.damage(at, errors.New("truncated or extended: the end of the file is not a container's footer"))
	}
	if binary.LittleEndian.Uint32(b[52:]) != checksum(b[:52]) {
		return footer{}, f.damage(at, errors.New("footer is damaged: checksum does not match"))
	}
	x := decodeFooter(b)
	var err error
	switch {
	case x.fileLength > size:
		err = fmt.Errorf("truncated: footer says %d bytes, file has %d", x.fileLength, size)
	case x.fileLength != size:
		err = fmt.Errorf("footer says %d bytes, file has %d", x.fileLength, size)
	case x.version != f.version:
		err = fmt.Errorf("header says version %s, footer %s", f.version, x.version)
	case x.indexLength < 2 || x.indexLength > maxIndex:
		err = fmt.Errorf("index of %d bytes; 2 to %d are allowed", x.indexLength, maxIndex)
	case x.indexOffset < headerSize || x.indexOffset%alignment != 0 || x.indexOffset > at-x.indexLength:
		err = fmt.Errorf("index at offset %d with %d bytes is not within the file", x.indexOffset, x.indexLength)
	}
	if err != nil {
		return x, f.damage(at, err)
	}
	return x, nil
}

// checkExtents makes sure that tensors, then sections, lie between header and
// index in the order of the lists, without overlap.
func (x *index) checkExtents(end int64) error {
	at := int64(headerSize)
	next := func(kind, name string, offset, length int64) error {
		if offset < at || offset > end || length > end-offset {
			return fmt.Errorf("%s %q at offset %d with %d bytes is out of place: must lie in %d…%d",
				kind, name, offset, length, at, end)
		}
		at = offset + length
		return nil
	}
	for i := range x.Tensors {
		e := &x.Tensors[i]
		if err := next("tensor", e.Name, e.Offset, e.Length); err != nil {
			return err
		}
	}
	for i := range x.Sections {
		s := &x.Sections[i]
		if i == 0 && s.Offset%sectionPage != 0 {
			return fmt.Errorf("section %q at offset %d: the first must start on a multiple of %d", s.Name, s.Offset, sectionPage)
		}
		if err := next("section", s.Name, s.Offset, s.Length); err != nil {
			return err
		}
	}
	return nil
}

// whatElse names what a file without the magic seems to be.
func whatElse(b []byte) error {
	starts := func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }
	const convert = "not a .llada container: convert the original checkpoint first"
	switch {
	case len(b) == 0:
		return errors.New("file is empty")
	case len(b) < len(headerMagic) && headerMagic[:len(b)] == string(b):
		return fmt.Errorf("truncated: the file has %d bytes", len(b))
	case starts(headerMagic[:4]), starts("\x09LLD"), starts("LLD\r\n"):
		return errors.New("damaged by a transfer in text mode: copy it again in binary mode")
	case starts("GGUF"):
		return errors.New("a GGUF file, " + convert)
	case starts("PK\x03\x04"):
		return errors.New("a zip archive or PyTorch checkpoint, " + convert)
	case starts("version https://git-lfs"):
		return errors.New("a Git LFS pointer, not the file itself: fetch it with git lfs pull")
	case len(b) > 9 && binary.LittleEndian.Uint64(b) < 1<<30 && b[8] == '{':
		return errors.New("a safetensors file, " + convert)
	}
	return errors.New("not a .llada container: wrong magic bytes")
}

// nonZero is the index of the first byte that is not zero, or -1.
func nonZero(b []byte) int {
	for i, c := range b {
		if c != 0 {
			return i
		}
	}
	return -1
}
