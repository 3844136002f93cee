package bundle

import (
	"errors"
	"fmt"

	"llada/formats/container"
	"llada/runtime/backend"
)

// CheckSmall compares the checksums of vectors and companions: kilobytes, most of
// which are read now anyway, and where a damaged byte does the most harm. Matrices
// are for a verification.
func CheckSmall(f *container.File) error {
	for _, i := range f.Infos() {
		if len(i.Shape) < 2 || i.Replaces != nil {
			if err := f.Check(i.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Explain names the container f, opened from path, in an error of a pass that comes
// of its bytes: of pages that cannot be read, and of numbers that are not finite.
// Other errors come back as they are.
func Explain(f *container.File, path string, err error) error {
	if errors.Is(err, backend.ErrNotFinite) {
		return fmt.Errorf("%s: %w: the weights are damaged, which llada-convert verify finds, or too large for float32", path, err)
	}
	return f.Locate(err)
}

func (b *Bundle) explain(err error) error { return Explain(b.File, b.Path, err) }
