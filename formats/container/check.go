package container

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"llada/formats"
)

const zstdCompression = "zstd"

// DataSize is how many bytes a tensor takes in its encoding's own layout.
func DataSize(e formats.Encoding, shape []int) (int64, error) {
	if len(shape) > maxDims {
		return 0, fmt.Errorf("shape has %d dimensions; at most %d are allowed", len(shape), maxDims)
	}
	n := int64(1)
	for _, d := range shape {
		if d <= 0 {
			return 0, fmt.Errorf("shape %v: dimensions must be positive", shape)
		}
		if int64(d) > maxNumbers/n {
			return 0, fmt.Errorf("shape %v is too large", shape)
		}
		n *= int64(d)
	}
	switch e {
	case formats.F32, formats.BF16:
		return n * int64(e.ElementBytes()), nil
	case formats.Q8, formats.Q6, formats.Q4:
		if len(shape) != 2 {
			return 0, fmt.Errorf("shape %v: %s holds matrices only", shape, e)
		}
		rows := (int64(shape[0]) + formats.TileRows - 1) / formats.TileRows
		cols := (int64(shape[1]) + formats.TileCols - 1) / formats.TileCols
		return rows * cols * int64(e.TileBytes()), nil
	}
	return 0, fmt.Errorf("encoding %q is unknown: a newer version is needed", e)
}

// check looks at an entry alone, without its neighbours.
func (e *entry) check() error {
	if err := checkName(e.Name); err != nil {
		return err
	}
	size, err := DataSize(e.Encoding, e.Shape)
	switch {
	case err != nil:
	case e.Shape == nil:
		err = errors.New("no shape")
	case e.Offset < 0 || e.Offset%alignment != 0:
		err = fmt.Errorf("offset %d is not a multiple of %d", e.Offset, alignment)
	case e.Length <= 0:
		err = fmt.Errorf("length %d", e.Length)
	case e.Layout == "" && e.Length != size:
		// Another layout may pad otherwise, so only its reader can tell.
		err = fmt.Errorf("%d bytes of data, %s of shape %v takes %d", e.Length, e.Encoding, e.Shape, size)
	default:
		err = errors.Join(e.checkCodebook(), e.checkReplaces())
	}
	if err != nil {
		return fmt.Errorf("tensor %q: %w", e.Name, err)
	}
	return nil
}

func (e *entry) checkCodebook() error {
	if e.Encoding != formats.Q4 {
		if len(e.Codebook) != 0 {
			return fmt.Errorf("%s has no codebook", e.Encoding)
		}
		return nil
	}
	if len(e.Codebook) != maxCodebook {
		return fmt.Errorf("codebook of %d entries, q4 needs %d", len(e.Codebook), maxCodebook)
	}
	for _, c := range e.Codebook {
		if c < -64 || c > 64 {
			return fmt.Errorf("codebook entry %d is outside -64…64", c)
		}
	}
	return nil
}

func (e *entry) checkReplaces() error {
	_, suffix := splitCompanion(e.Name)
	switch suffix {
	case "":
		if len(e.Replaces) != 0 {
			return fmt.Errorf("replaces rows, but its name does not end in %q", formats.RowsSuffix)
		}
		return nil
	case formats.RowsSuffix:
	default:
		// Whatever it changes about its base, computing without it is wrong.
		return fmt.Errorf("companions %q are unknown: a newer version is needed", suffix)
	}
	if e.Encoding != formats.BF16 || len(e.Shape) != 2 || len(e.Replaces) != e.Shape[0] {
		return fmt.Errorf("%s of shape %v with %d replaced rows; must be bf16, one row each",
			e.Encoding, e.Shape, len(e.Replaces))
	}
	for i, r := range e.Replaces {
		if r < 0 || i > 0 && r <= e.Replaces[i-1] {
			return errors.New("replaced rows are not in ascending order")
		}
	}
	return nil
}

func (s *SectionInfo) check() error {
	if err := checkName(s.Name); err != nil {
		return err
	}
	var err error
	switch {
	case strings.ContainsAny(s.Name, `/\`):
		err = errors.New("slash in the name")
	case s.Offset < 0 || s.Offset%alignment != 0:
		err = fmt.Errorf("offset %d is not a multiple of %d", s.Offset, alignment)
	case s.Length <= 0 || s.RawLength < 0:
		err = fmt.Errorf("length %d, %d uncompressed", s.Length, s.RawLength)
	case s.RawLength > Limit(s.Name):
		err = fmt.Errorf("%d bytes uncompressed; at most %d are allowed", s.RawLength, Limit(s.Name))
	}
	if err != nil {
		return fmt.Errorf("section %q: %w", s.Name, err)
	}
	return nil
}

// checkName keeps names printable: they end up in messages and in terminals.
func checkName(s string) error {
	if s == "" || len(s) > maxName {
		return fmt.Errorf("name %.40q: must have 1 to %d bytes", s, maxName)
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return fmt.Errorf("name %.40q: must be printable ASCII without spaces", s)
		}
	}
	return nil
}

// splitCompanion cuts a name at the first '#'; suffix is "" for a tensor that
// is no companion.
func splitCompanion(name string) (base, suffix string) {
	if i := strings.IndexByte(name, '#'); i >= 0 {
		return name[:i], name[i:]
	}
	return name, ""
}

// checkNeeds looks at the names of needs, known or not.
func checkNeeds(needs []string) error {
	if len(needs) > maxNeeds {
		return fmt.Errorf("%d needs; at most %d are allowed", len(needs), maxNeeds)
	}
	for i, name := range needs {
		if err := checkName(name); err != nil {
			return err
		}
		if slices.Contains(needs[:i], name) {
			return fmt.Errorf("%q occurs twice", name)
		}
	}
	return nil
}

// knownNeed tells which needs this package meets: version 1.0 defines none.
func knownNeed(string) bool { return false }

// checkNames looks for duplicates and for companions without a base, and fills
// byName.
func (x *index) checkNames() error {
	byName := make(map[string]*entry, len(x.Tensors))
	for i := range x.Tensors {
		e := &x.Tensors[i]
		if byName[e.Name] != nil {
			return fmt.Errorf("tensor %q occurs twice", e.Name)
		}
		byName[e.Name] = e
	}
	for i := range x.Tensors {
		e := &x.Tensors[i]
		name, suffix := splitCompanion(e.Name)
		if suffix == "" {
			continue
		}
		base := byName[name]
		if base == nil {
			return fmt.Errorf("tensor %q: there is no tensor %q", e.Name, name)
		}
		if len(base.Shape) != 2 || base.Shape[1] != e.Shape[1] || int(slices.Max(e.Replaces)) >= base.Shape[0] {
			return fmt.Errorf("tensor %q: does not fit the shape %v of %q", e.Name, base.Shape, name)
		}
	}
	x.byName = byName
	seen := make(map[string]bool, len(x.Sections))
	for i := range x.Sections {
		if seen[x.Sections[i].Name] {
			return fmt.Errorf("section %q occurs twice", x.Sections[i].Name)
		}
		seen[x.Sections[i].Name] = true
	}
	return nil
}
