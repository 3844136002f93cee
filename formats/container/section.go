package container

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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

// limits are how many bytes a section may have after decompression, by its name:
// several times what the largest known models need. Sections that this program does
// not know may have maxSection.
var limits = map[string]int64{
	SectionConfig:           1 << 20,
	SectionGenerationConfig: 1 << 20,
	SectionTokenizer:        64 << 20,
	SectionTokenizerConfig:  16 << 20,
	SectionSpecialTokens:    1 << 20,
	SectionChatTemplate:     1 << 20,
	SectionRecipe:           64 << 20,
}

// Limit is how many bytes the section of a name may have.
func Limit(name string) int64 {
	if n, ok := limits[name]; ok {
		return n
	}
	return maxSection
}

// packed is a section as it lies in the file, checked as far as that goes.
func (f *File) packed(s SectionInfo) ([]byte, error) {
	packed := f.data[s.Offset:][:s.Length]
	if checksum(packed) != s.CRC32C {
		return nil, errChecksum
	}
	if s.Compression != zstdCompression {
		return nil, fmt.Errorf("compression %q is unknown: the file is of version %s, this program reads %s: update it",
			s.Compression, f.version, Current)
	}
	if s.RawLength > s.Length*maxRatio {
		return nil, fmt.Errorf("%d bytes cannot decompress to %d", s.Length, s.RawLength)
	}
	return packed, nil
}

// unpack decompresses a section. Memory is reserved as the index claims, so that a
// claim beyond what text compresses to is measured first.
func (f *File) unpack(s SectionInfo) ([]byte, error) {
	packed, err := f.packed(s)
	if err == nil && s.RawLength > 1<<20+64*s.Length {
		err = s.measure(packed)
	}
	if err != nil {
		return nil, err
	}
	d, err := s.decoder(nil, zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	raw, err := d.DecodeAll(packed, make([]byte, 0, s.RawLength))
	if err != nil {
		return nil, fmt.Errorf("cannot be decompressed: %w", err)
	}
	return raw, s.checkRaw(int64(len(raw)))
}

func (s *SectionInfo) checkRaw(n int64) error {
	if n != s.RawLength {
		return fmt.Errorf("%d bytes after decompression; the index says %d", n, s.RawLength)
	}
	return nil
}

// measure decompresses a section up to its stated size and keeps nothing but a
// window.
func (s *SectionInfo) measure(packed []byte) error {
	d, err := s.decoder(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	defer d.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(d, s.RawLength+1))
	if err != nil {
		return fmt.Errorf("cannot be decompressed: %w", err)
	}
	return s.checkRaw(n)
}

// decoder reads zstd with a bounded window.
func (s *SectionInfo) decoder(r io.Reader, o ...zstd.DOption) (*zstd.Decoder, error) {
	window := uint64(max(leastWindow, min(s.RawLength, mostWindow)))
	return zstd.NewReader(r, append(o, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(window), zstd.WithDecoderMaxMemory(maxSection))...)
}
