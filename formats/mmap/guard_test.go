package mmap

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"llada/formats/mmap/mmaptest"
)

// shortened maps a file of eight pages, of which another process leaves two.
func shortened(t *testing.T) *File {
	t.Helper()
	mmaptest.NeedsFaults(t)
	page := os.Getpagesize()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, bytes.Repeat([]byte{1}, 8*page), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := os.Truncate(path, int64(2*page)); err != nil {
		t.Fatal(err)
	}
	return f
}

var sink int

func TestGuard(t *testing.T) {
	f := shortened(t)
	lost := f.Data[2*os.Getpagesize():]
	for _, c := range []struct {
		name string
		read func()
	}{
		{"a byte", func() { sink += int(lost[5]) }},
		{"crc32, which is assembly", func() { sink += int(crc32.Checksum(lost, crc32.MakeTable(crc32.Castagnoli))) }},
		{"crc32 of all", func() { sink += int(crc32.ChecksumIEEE(f.Data)) }},
		{"IndexByte, which is assembly", func() { sink += bytes.IndexByte(lost, 0) }},
		{"Equal, which is assembly", func() { sink += bytes.Compare(f.Data, bytes.Clone(f.Data)) }},
		{"copy", func() { sink += copy(make([]byte, len(lost)), lost) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Guard(func() error { c.read(); return nil })
			var fault *Fault
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), "the file was shortened") {
				t.Fatal(err)
			}
			if off := int(fault.Addr - f.start()); !f.Holds(fault.Addr) || off < 2*os.Getpagesize() || off >= len(f.Data) {
				t.Errorf("a fault at offset %d", off)
			}
		})
	}
	// What is left can be read, and what f returns comes back.
	if err := Guard(func() error { sink += int(f.Data[0]); return io.EOF }); err != io.EOF {
		t.Error(err)
	}
}

// Panics that are no fault pass with their value.
func TestGuardPasses(t *testing.T) {
	var nowhere *int
	var none []int
	for name, c := range map[string]struct {
		do   func()
		want string
	}{
		"value":       {func() { panic("mine") }, "mine"},
		"nil pointer": {func() { sink += *nowhere }, "nil pointer"},
		"index":       {func() { sink += none[len(none)] }, "index out of range"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.Contains(r, c.want) {
					t.Errorf("recovered %q", r)
				}
			}()
			t.Error("returned", Guard(func() error { c.do(); return nil }))
		})
	}
}

func TestLocate(t *testing.T) {
	f := shortened(t)
	page := os.Getpagesize()
	name := func(off int64) string { return fmt.Sprintf("f at %d", off-int64(2*page)) }
	err := fmt.Errorf("layer 3: %w", Guard(func() error { sink += int(f.Data[2*page+7]); return nil }))
	got := f.Locate(err, name)
	if want := "f at 7: layer 3: cannot be read: "; !strings.HasPrefix(got.Error(), want) || !errors.As(got, new(*Fault)) {
		t.Errorf("got %v, want %s", got, want)
	}
	if again := f.Locate(got, name); again != got {
		t.Errorf("named twice: %v", again)
	}
	other := &File{Data: make([]byte, 100)}
	for _, e := range []error{nil, io.EOF, err} {
		if got := other.Locate(e, name); got != e {
			t.Errorf("%v became %v", e, got)
		}
	}
	start := uintptr(unsafe.Pointer(&other.Data[0]))
	if !other.Holds(start) || !other.Holds(start+99) || other.Holds(start+100) || other.Holds(start-1) || new(File).Holds(0) {
		t.Error("Holds is wrong at an end")
	}
}
