package backend

import (
	"errors"
	"fmt"
)

// ErrNotFinite is what is wrong with NaN and ±∞ where numbers are expected.
var ErrNotFinite = errors.New("not a finite number")

// NotFinite is the error of a pass in which NaN or ±∞ came up: in a row that is
// normalized, or among the logits. Whatever makes them, they stay until one of the
// two, so that every result of a pass that ends without this error is finite. Of
// several operations the first reports it, and of its rows the first.
type NotFinite struct {
	Tensor string // the weight of the normalization or of the output head
	Row    int    // of its input
}

// Error says where, as far as a device knows.
func (e *NotFinite) Error() string {
	return fmt.Sprintf("row %d of what tensor %s meets or gives is not finite", e.Row, e.Tensor)
}

// Unwrap is ErrNotFinite.
func (e *NotFinite) Unwrap() error { return ErrNotFinite }
