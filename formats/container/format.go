package container

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Version is a version of the format. Files of one Major can be read by every
// program of that Major; a Minor only adds what older programs may ignore or
// refuse by name, for which an index can list needs (docs/format.md §9).
type Version struct{ Major, Minor uint32 }

// String is "1.0".
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Current is the version that a Writer writes and the newest Major that Open
// accepts.
var Current = Version{Major: 1, Minor: 0}

// Extension is the usual end of a container's name.
const Extension = ".llada"

// The names of the sections that this project writes. Others are allowed.
const (
	SectionConfig           = "config.json"
	SectionGenerationConfig = "generation_config.json"
	SectionTokenizer        = "tokenizer.json"
	SectionTokenizerConfig  = "tokenizer_config.json"
	SectionSpecialTokens    = "special_tokens_map.json"
	SectionChatTemplate     = "chat_template.jinja"
	SectionRecipe           = "recipe.json"
)

const (
	// Like PNG's: the high bit, CR LF, ^Z and LF each reveal a transfer that
	// took the file for text.
	headerMagic = "\x89LLD\r\n\x1a\n"
	footerMagic = "\x89LLDEND\n"

	headerSize  = 4096 // one page, so that the tensors begin on one
	headerUsed  = 32   // bytes of the header that are not padding
	footerSize  = 64
	alignment   = 64   // of every tensor, section, of the index and the footer
	sectionPage = 4096 // the first section starts a page of its own

	maxIndex    = 64 << 20 // bytes of JSON; the largest known model needs 6 MiB
	maxItems    = 1 << 20  // tensors, and sections
	maxName     = 1024     // bytes of a tensor's, section's or need's name
	maxNeeds    = 64
	maxDims     = 8
	maxCodebook = 16      // numbers of q4's, the only one
	maxNumbers  = 1 << 50 // elements of a tensor; keeps every product below 2⁶³
	maxEnds     = 1024
	maxSection  = 1 << 30 // bytes of an unknown section after decompression
	maxRatio    = 1 << 16 // zstd's own limit is 128 KiB per 4-byte block

	// Windows of zstd: every decoder must take 8 MiB (RFC 8878 §3.1.1.1.2), and no
	// more than the content is ever needed.
	leastWindow = 8 << 20
	mostWindow  = 128 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// align is the next multiple of n, a power of two, from x on.
func align(x, n int64) int64 { return (x + n - 1) &^ (n - 1) }

// header is the first page: magic, version, 12 reserved bytes, CRC-32C of all
// that, zeros.
func header(v Version) []byte {
	b := make([]byte, headerSize)
	copy(b, headerMagic)
	binary.LittleEndian.PutUint32(b[8:], v.Major)
	binary.LittleEndian.PutUint32(b[12:], v.Minor)
	binary.LittleEndian.PutUint32(b[28:], checksum(b[:28]))
	return b
}

// footer is the last 64 bytes of a file.
type footer struct {
	indexOffset int64
	indexLength int64
	fileLength  int64
	indexCRC    uint32
	version     Version
}

func (f footer) encode() []byte {
	b := make([]byte, footerSize)
	binary.LittleEndian.PutUint64(b[0:], uint64(f.indexOffset))
	binary.LittleEndian.PutUint64(b[8:], uint64(f.indexLength))
	binary.LittleEndian.PutUint64(b[16:], uint64(f.fileLength))
	binary.LittleEndian.PutUint32(b[24:], f.indexCRC)
	binary.LittleEndian.PutUint32(b[28:], f.version.Major)
	binary.LittleEndian.PutUint32(b[32:], f.version.Minor)
	// 36…51 reserved
	binary.LittleEndian.PutUint32(b[52:], checksum(b[:52]))
	copy(b[56:], footerMagic)
	return b
}

// decodeFooter takes the fields as they are; the caller has checked magic and
// CRC and still has to check the values.
func decodeFooter(b []byte) footer {
	return footer{
		indexOffset: int64(binary.LittleEndian.Uint64(b[0:])),
		indexLength: int64(binary.LittleEndian.Uint64(b[8:])),
		fileLength:  int64(binary.LittleEndian.Uint64(b[16:])),
		indexCRC:    binary.LittleEndian.Uint32(b[24:]),
		version: Version{
			Major: binary.LittleEndian.Uint32(b[28:]),
			Minor: binary.LittleEndian.Uint32(b[32:]),
		},
	}
}
