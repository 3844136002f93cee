package convert

import (
	"llada/formats"
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

func openFolder(path string) (Checkpoint, error) {
	c, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	return folder{c}, nil
}

// Rows gives a tensor's weights where they are mapped.
func (f folder) Rows(name string) (quant.Rows, error) {
	t, err := f.Tensor(name)
	if err != nil {
		return nil, err
	}
	return quant.Memory{Tensor: t}, nil
}
