package container

import (
	"bytes"
	"context"
	"encoding/json"
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
	err := f.Verify(context.Background(), 1, nil, func(_ Part, n int64, _ error) { sum += n })
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
// FuzzOpen would never hit upon. What is accepted must be JSON that means the
// same to encoding/json.
func FuzzIndex(f *testing.F) {
	sample := sampleBytes(f)
	x := indexOf(sample)
	f.Add(x)
	for _, add := range []string{`"needs":[],`, `"needs":["col-sums","x"],`, `"later":[{"a":[1.5e3,null,"\u00e9"]}, -0 ],`} {
		f.Add(bytes.Replace(x, []byte(`"tensors"`), []byte(add+`"tensors"`), 1))
	}
	f.Add(bytes.Replace(x, []byte("#rows"), []byte("#bits"), 1))
	f.Fuzz(func(t *testing.T, x []byte) {
		c, err := openBytes(withIndex(sample, x))
		if err != nil {
			if !isParseError(err) {
				t.Fatal(err)
			}
			return
		}
		if !json.Valid(x) {
			t.Fatal("not JSON")
		}
		sameAsReference(t, x)
		walk(t, c)
	})
}
