package container

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/klauspost/compress/zstd"
)

// Sections lists the side sections in the order of the file, known or not.
func (f *File) Sections() []SectionInfo {
	return append([]SectionInfo(nil), f.sections...)
}

// Section checks and decompresses a section. The error of a missing one wraps
// fs.ErrNotExist.
func (f *File) Section(name string) ([]byte, error) {
	if f.data == nil {
		return nil, fmt.Errorf("%s: section %q: %w", f.path, name, fs.ErrClosed)
	}
	for _, s := range f.sections {
		if s.Name == name {
			var raw []byte
			err := f.guard(fmt.Sprintf("section %q", name), func() (err error) {
				if raw, err = f.unpack(s); err != nil {
					return f.damage(s.Offset, fmt.Errorf("section %q: %w", name, err))
				}
				return nil
			})
			return raw, err
		}
	}
	return nil, fmt.Errorf("%s: no section %q: %w", f.path, name, fs.ErrNotExist)
}

// Optional is Section, with nil for a section that the container lacks.
func (f *File) Optional(name string) ([]byte, error) {
	data, err := f.Section(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

func (f *File) unpack(s SectionInfo) ([]byte, error) {
	packed := f.data[s.Offset:][:s.Length]
	if checksum(packed) != s.CRC32C {
		return nil, errChecksum
	}
	if s.Compression != zstdCompression {
		return nil, fmt.Errorf("compression %q is unknown: the file is of version %s, this program reads %s: update it",
			s.Compression, f.version, Current)
	}
	// raw is reserved as the index claims, so the claim must be possible.
	if s.RawLength > s.Length*maxRatio {
		return nil, fmt.Errorf("%d bytes cannot decompress to %d", s.Length, s.RawLength)
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxSection), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	raw, err := d.DecodeAll(packed, make([]byte, 0, s.RawLength))
	if err != nil {
		return nil, fmt.Errorf("cannot be decompressed: %w", err)
	}
	if int64(len(raw)) != s.RawLength {
		return nil, fmt.Errorf("%d bytes after decompression; the index says %d", len(raw), s.RawLength)
	}
	return raw, nil
}
