package container

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"
	"sync/atomic"

	"llada/formats"
)

var errChecksum = errors.New("damaged: checksum does not match")

// Part is a stretch of the file by name: the tensors and sections have the one they
// were given; header, index and footer are of a kind only.
type Part struct{ Kind, Name string }

// String quotes the name.
func (p Part) String() string {
	if p.Name == "" {
		return p.Kind
	}
	return fmt.Sprintf("%s %q", p.Kind, p.Name)
}

// part is a stretch of the file that Verify checks as a whole: an item and the
// padding before it.
type part struct {
	Part
	start, off int64 // of the padding and of the item
	end        int64
	check      func(context.Context) error
}

// Verify reads the whole file and checks every byte: tensors and sections
// against their checksums, sections also by decompressing them, padding for
// zeros. content, if not nil, says what is wrong with the numbers of a tensor
// whose checksum is right (quant.Check); a tensor of an unknown layout is not
// shown to it. It uses that many threads, at least one. on, if not nil, hears of
// every part in the order of the file, with the bytes it covers; together they
// are the file. The result is the first part's failure, a *formats.ParseError
// or, where the part cannot be read, an error that holds a *mmap.Fault; or the
// context's error.
func (f *File) Verify(ctx context.Context, threads int, content func(formats.Tensor) error, on func(p Part, bytes int64, err error)) error {
	parts := f.parts(content)
	results := make([]chan error, len(parts))
	for i := range results {
		results[i] = make(chan error, 1)
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(max(threads, 1), len(parts)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(parts)); i = next.Add(1) - 1 {
				results[i] <- f.guard(parts[i].String(), func() error { return f.verify(ctx, parts[i]) })
			}
		})
	}
	defer workers.Wait()
	var first error
	for i, p := range parts {
		err := <-results[i]
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if first == nil {
			first = err
		}
		if on != nil {
			on(p.Part, p.end-p.start, err)
		}
	}
	return first
}

// Check compares the checksum of one tensor. The error of an unknown name wraps
// fs.ErrNotExist, that of a damaged one is a *formats.ParseError.
func (f *File) Check(name string) error {
	t, err := f.Tensor(name)
	if err != nil {
		return err
	}
	e := f.byName[name]
	part := Part{"tensor", name}.String()
	return f.guard(part, func() error {
		if checksum(t.Data) != e.CRC32C {
			return f.damage(e.Offset, fmt.Errorf("%s: %w", part, errChecksum))
		}
		return nil
	})
}

// parts cuts the file at its items.
func (f *File) parts(content func(formats.Tensor) error) []part {
	at := int64(0)
	var parts []part
	add := func(kind, name string, off, length int64, check func(context.Context) error) {
		parts = append(parts, part{Part{kind, name}, at, off, off + length, check})
		at = off + length
	}
	// Open has checked header, index and footer. They may have changed since.
	add("header", "", 0, headerSize, func(context.Context) error {
		_, err := f.parseHeader()
		return err
	})
	for i := range f.tensors {
		e := &f.tensors[i]
		add("tensor", e.Name, e.Offset, e.Length, func(ctx context.Context) error {
			err := f.sum(ctx, e.Offset, e.Length, e.CRC32C)
			if err != nil || content == nil || e.Layout != "" {
				return err
			}
			return content(f.tensor(e))
		})
	}
	for _, s := range f.sections {
		add("section", s.Name, s.Offset, s.Length, func(context.Context) error {
			packed, err := f.packed(s)
			if err != nil {
				return err
			}
			return s.measure(packed)
		})
	}
	add("index", "", f.foot.indexOffset, f.foot.indexLength, func(ctx context.Context) error {
		return f.sum(ctx, f.foot.indexOffset, f.foot.indexLength, f.foot.indexCRC)
	})
	add("footer", "", f.foot.fileLength-footerSize, footerSize, func(context.Context) error {
		_, err := f.parseFooter()
		return err
	})
	return parts
}

// verify checks one part.
func (f *File) verify(ctx context.Context, p part) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if i := nonZero(f.data[p.start:p.off]); i >= 0 {
		return f.damage(p.start+int64(i), fmt.Errorf("padding before %s is not zero", p))
	}
	err := p.check(ctx)
	if at := (*formats.ParseError)(nil); errors.As(err, &at) {
		return err // has its place already
	}
	if err != nil {
		return f.damage(p.off, fmt.Errorf("%s: %w", p, err))
	}
	return nil
}

// sum compares a checksum, a few megabytes at a time so that it can be
// interrupted.
func (f *File) sum(ctx context.Context, off, length int64, want uint32) error {
	const step = 4 << 20
	var got uint32
	for b := f.data[off:][:length]; len(b) > 0; b = b[min(step, len(b)):] {
		if err := ctx.Err(); err != nil {
			return err
		}
		got = crc32.Update(got, castagnoli, b[:min(step, len(b))])
	}
	if got != want {
		return errChecksum
	}
	return nil
}
