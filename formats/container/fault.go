package container

import (
	"fmt"
	"sort"

	"llada/formats/mmap"
)

// Locate names this file, and the tensor or section where there is one, in an
// error that holds a *mmap.Fault of its mapping. Other errors come back as they
// are. It is for whoever computes on the tensors under mmap.Guard; the methods
// of File do both themselves.
func (f *File) Locate(err error) error {
	return f.mapping.Locate(err, func(off int64) string {
		if what := f.at(off); what != "" {
			return f.path + ": " + what
		}
		return f.path
	})
}

// guard runs do, which reads a part of the mapping.
func (f *File) guard(part string, do func() error) error {
	return f.mapping.Locate(mmap.Guard(do), func(int64) string { return f.path + ": " + part })
}

// at names the tensor or section that an offset lies in, "" where it is none.
func (f *File) at(off int64) string {
	t := f.tensors
	if i := sort.Search(len(t), func(i int) bool { return t[i].Offset+t[i].Length > off }); i < len(t) && t[i].Offset <= off {
		return fmt.Sprintf("tensor %q", t[i].Name)
	}
	for _, s := range f.sections {
		if s.Offset <= off && off < s.Offset+s.Length {
			return fmt.Sprintf("section %q", s.Name)
		}
	}
	return ""
}
