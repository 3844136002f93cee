package convert

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"llada/formats"
	"llada/formats/mmap"
	"llada/formats/safetensors"
	"llada/quant"
)

// Checkpoint is a source of weights: named matrices that yield rows of float32.
// All but Close may be called concurrently. Weights are read under mmap.Guard.
type Checkpoint interface {
	// Infos lists every tensor, in an order that depends on the content alone.
	// Encoding may be any that the source has; Size counts its own bytes.
	Infos() []formats.Info
	// Rows gives a tensor's weights, valid until Close. What lies in memory in a
	// plain encoding should be a quant.Memory, which is read in place.
	Rows(name string) (quant.Rows, error)
	// File names the file that holds a tensor, for errors.
	File(name string) string
	// Locate names the file in an error that holds a *mmap.Fault of mapped
	// weights; every other error comes back as it is.
	Locate(err error) error
	// Release says that a tensor will not be read soon.
	Release(name string)
	Close() error
}

// folder is a checkpoint of safetensors files.
type folder struct{ *safetensors.Checkpoint }

func openFolder(path string) (folder, error) {
	c, err := safetensors.Open(path)
	var damage *formats.ParseError
	if errors.Is(err, fs.ErrNotExist) && !errors.As(err, &damage) {
		err = withoutWeights(path, err)
	}
	return folder{c}, err
}

// readable refuses tensors whose numbers are of a type that is not read.
func (f folder) readable(tensors []Entry) error {
	for _, e := range tensors {
		if e.Encoding.ElementBytes() == 0 {
			return &formats.ParseError{File: f.File(e.Name), Offset: -1,
				Err: fmt.Errorf("tensor %q: dtype %q is unsupported: only BF16, F16 and F32 are read", e.Name, strings.ToUpper(string(e.Encoding)))}
		}
	}
	return nil
}

// Rows gives a tensor's weights where they are mapped.
func (f folder) Rows(name string) (quant.Rows, error) {
	t, err := f.Tensor(name)
	if err != nil {
		return nil, err
	}
	return quant.Memory{Tensor: t}, nil
}

// equalRows reports whether two tensors hold the same numbers.
func equalRows(src Checkpoint, one, two string) (same bool, err error) {
	a, err := src.Rows(one)
	if err != nil {
		return false, err
	}
	b, err := src.Rows(two)
	if err != nil {
		return false, err
	}
	if a.Rows() != b.Rows() || a.Cols() != b.Cols() {
		return false, nil
	}
	x, y := make([]float32, a.Cols()), make([]float32, a.Cols())
	err = mmap.Guard(func() error {
		for row := range a.Rows() {
			if err := errors.Join(a.Float32(x, row, 1), b.Float32(y, row, 1)); err != nil {
				return err
			}
			if !slices.Equal(x, y) {
				return nil
			}
		}
		same = true
		return nil
	})
	return same, err
}
