package safetensors

import (
	"cmp"
	"fmt"
	"slices"

	"llada/formats"
)

// checkLayout sorts the entries by their place and checks that they cover the
// data exactly: the reference implementation's rule, which leaves no room for
// hidden bytes or for two tensors that share them.
func checkLayout(path string, h *header, dataBytes int64) error {
	slices.SortFunc(h.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.Name, b.Name))
	})
	fail := func(at int64, format string, args ...any) error {
		return &formats.ParseError{File: path, Offset: h.bytes + at, Err: fmt.Errorf(format, args...)}
	}
	var covered int64
	for i, e := range h.entries {
		switch {
		case e.begin < covered:
			return fail(e.begin, "tensor %.200q begins at %d of the data, but tensor %.200q ends at %d: they overlap",
				e.Name, e.begin, h.entries[i-1].Name, covered)
		case e.end > dataBytes:
			return fail(dataBytes, "tensor %.200q ends at %d of the data, which is %d bytes long: the file is truncated, download it again",
				e.Name, e.end, dataBytes)
		case e.begin > covered:
			return fail(covered, "tensor %.200q begins at %d of the data: the %d bytes before it belong to no tensor",
				e.Name, e.begin, e.begin-covered)
		}
		covered = e.end
	}
	if covered < dataBytes {
		return fail(covered, "the last %d bytes belong to no tensor", dataBytes-covered)
	}
	return nil
}
