package container

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// bytesWith is a container of no tensors and one section, whose packed bytes and
// stated size change, if any, makes others.
func bytesWith(t *testing.T, name string, data []byte, change func(s *SectionInfo, packed []byte) []byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.llada")
	w, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	w.SetModel(Model{Class: "X"})
	if err := w.Section(name, data); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		s := &w.x.Sections[0]
		w.side[0] = change(s, w.side[0])
		s.Length, s.CRC32C = int64(len(w.side[0])), checksum(w.side[0])
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A section is bounded by what it can be, before a byte of it is decompressed.
func TestSectionLimits(t *testing.T) {
	for name, limit := range map[string]int64{
		"config.json": 1 << 20, "generation_config.json": 1 << 20, "special_tokens_map.json": 1 << 20,
		"chat_template.jinja": 1 << 20, "tokenizer_config.json": 16 << 20, "tokenizer.json": 64 << 20,
		"recipe.json": 64 << 20, "notes.unknown": 1 << 30,
	} {
		for _, over := range []int64{0, 1} {
			b := bytesWith(t, name, []byte("{}"), func(s *SectionInfo, packed []byte) []byte {
				s.RawLength = limit + over
				return packed
			})
			_, err := openBytes(b)
			if over == 0 && err != nil || over == 1 && (!isParseError(err) || !strings.Contains(err.Error(), fmt.Sprintf("%q: %d bytes uncompressed; at most %d are allowed", name, limit+1, limit))) {
				t.Errorf("%s of %d bytes: %v", name, limit+over, err)
			}
		}
	}
	w, err := Create(filepath.Join(t.TempDir(), "m.llada"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := w.Section(SectionConfig, make([]byte, 1<<20+1)); err == nil || !strings.Contains(err.Error(), "at most 1048576 are allowed") {
		t.Errorf("a writer of a large config: %v", err)
	}
}

// allocated is how many bytes f takes from the heap, freed ones included.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A claim that is not true reserves no memory; one that is true is believed however
// well the section compresses.
func TestClaimsReserveNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 25))
	noise := make([]byte, 1000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	b := bytesWith(t, SectionTokenizer, noise, func(s *SectionInfo, packed []byte) []byte {
		s.RawLength = 60 << 20
		return packed
	})
	n := allocated(func() {
		f, err := openBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Section(SectionTokenizer); !isParseError(err) || !strings.Contains(err.Error(), "1000 bytes after decompression; the index says 62914560") {
			t.Error(err)
		}
		if err := f.Verify(context.Background(), 1, nil, nil); !isParseError(err) {
			t.Error(err)
		}
	})
	if n > 4<<20 {
		t.Errorf("a container of %d bytes that claims 60 MiB takes %d bytes", len(b), n)
	}
	zeros := make([]byte, 20<<20)
	b = bytesWith(t, SectionTokenizer, zeros, nil)
	f, err := openBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := f.Section(SectionTokenizer); err != nil || !bytes.Equal(raw, zeros) {
		t.Errorf("%d bytes of 20 MiB of zeros, error %v", len(raw), err)
	}
	if err := f.Verify(context.Background(), 1, nil, nil); err != nil {
		t.Error(err)
	}
	// It stops at the stated size, though there is more.
	b = bytesWith(t, SectionTokenizer, zeros, func(s *SectionInfo, packed []byte) []byte {
		s.RawLength = 2 << 20
		return packed
	})
	if f, err = openBytes(b); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Section(SectionTokenizer); !isParseError(err) {
		t.Error(err)
	}
	if err := f.Verify(context.Background(), 1, nil, nil); !isParseError(err) || !strings.Contains(err.Error(), "tokenizer.json") {
		t.Error(err)
	}
}

// Windows are bounded by 8 MiB, or by the content where that is more.
func TestWindows(t *testing.T) {
	frame := func(log, n int) []byte { // RFC 8878: no checksum, no content size, a raw block
		b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, byte((log - 10) << 3), byte(n<<3 | 1), byte(n >> 5), byte(n >> 13)}
		return append(b, bytes.Repeat([]byte{' '}, n)...)
	}
	for _, c := range []struct {
		log, raw int
		ok       bool
	}{{10, 2, true}, {23, 2, true}, {24, 2, false}, {27, 2, false}, {31, 2, false}} {
		b := bytesWith(t, SectionTokenizer, make([]byte, c.raw), func(_ *SectionInfo, _ []byte) []byte { return frame(c.log, c.raw) })
		f, err := openBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		for name, do := range map[string]func() error{
			"section": func() error { _, err := f.Section(SectionTokenizer); return err },
			"verify":  func() error { return f.Verify(context.Background(), 1, nil, nil) },
		} {
			if err := do(); (err == nil) != c.ok || err != nil && !isParseError(err) {
				t.Errorf("%s, window of 2^%d bytes: %v", name, c.log, err)
			}
		}
	}
}
