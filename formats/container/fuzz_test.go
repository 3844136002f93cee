package container

import (
	"context"
	"testing"
)

// walk does everything that a program does with an open container.
func walk(t *testing.T, f *File) {
	for _, i := range f.Infos() {
		x, err := f.Tensor(i.Name)
		if err != nil {
			if !isParseError(err) {
				t.Fatalf("tensor %q: %v", i.Name, err)
			}
			continue
		}
		if int64(len(x.Data)) != x.Size || x.Rows() <= 0 || x.Cols() <= 0 || x.Elements() <= 0 {
			t.Fatalf("tensor %q: %d bytes of %d, shape %v", i.Name, len(x.Data), x.Size, x.Shape)
		}
	}
	for _, s := range f.Sections() {
		if s.RawLength > 1<<20 {
			return // allowed, but too slow here
		}
		raw, err := f.Section(s.Name)
		if err != nil && !isParseError(err) || err == nil && int64(len(raw)) != s.RawLength {
			t.Fatalf("section %q: %d bytes, %v", s.Name, len(raw), err)
		}
	}
	sum := int64(0)
	err := f.Verify(context.Background(), 1, func(_ string, n int64, _ error) { sum += n })
	if err != nil && !isParseError(err) || sum != f.Size() {
		t.Fatalf("verify: %v, %d of %d bytes", err, sum, f.Size())
	}
}

// FuzzOpen gives Open arbitrary bytes.
func FuzzOpen(f *testing.F) {
	f.Add(sampleBytes(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := openBytes(b)
		if err != nil {
			if !isParseError(err) {
				t.Fatal(err)
			}
			return
		}
		walk(t, c)
	})
}

// FuzzIndex gives Open an arbitrary index under correct checksums, which
// FuzzOpen would never hit upon.
func FuzzIndex(f *testing.F) {
	sample := sampleBytes(f)
	f.Add(indexOf(sample))
	f.Fuzz(func(t *testing.T, x []byte) {
		c, err := openBytes(withIndex(sample, x))
		if err != nil {
			if !isParseError(err) {
				t.Fatal(err)
			}
			return
		}
		walk(t, c)
	})
}
