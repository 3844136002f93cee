package formats

import (
	"fmt"
	"slices"
)

// Encoding says how the numbers of a tensor are stored.
type Encoding string

// The encodings of checkpoints and containers. F16 occurs in checkpoints only;
// Q8, Q6 and Q4 in containers only (package quant defines their bytes).
const (
	F32  Encoding = "f32"  // IEEE 754 binary32, little-endian, row-major
	F16  Encoding = "f16"  // IEEE 754 binary16, little-endian, row-major
	BF16 Encoding = "bf16" // upper half of binary32, little-endian, row-major
	Q8   Encoding = "q8"   // int8 tiles, 8.125 bits per weight
	Q6   Encoding = "q6"   // 6-bit tiles, 6.3125 bits per weight
	Q4   Encoding = "q4"   // 4-bit tiles, 4.3125 bits per weight
)

// ElementBytes is the width of one number of a plain encoding, 0 for a
// quantized or unknown one.
func (e Encoding) ElementBytes() int {
	switch e {
	case F32:
		return 4
	case F16, BF16:
		return 2
	}
	return 0
}

// RowsSuffix marks a companion tensor: NAME#rows holds exact rows that stand in
// for those of NAME which Replaces lists.
const RowsSuffix = "#rows"

// PartialSuffix marks an output that is not complete: what is written gets its own
// name when it is whole.
const PartialSuffix = ".partial"

// Info describes a tensor without its data.
type Info struct {
	Name     string
	Encoding Encoding
	Shape    []int  // row-major: [rows, columns] of a matrix, [n] of a vector
	Size     int64  // bytes of data
	Codebook []int8 // q4: the 16 values its nibbles stand for; else nil

	// Replaces is set on a companion tensor only: the rows of its base tensor,
	// ascending, that its own rows stand in for (container rule NAME#rows).
	Replaces []int32
}

// Rows is the length of the first dimension of a matrix, 1 of a vector.
func (i Info) Rows() int {
	if len(i.Shape) < 2 {
		return 1
	}
	return i.Shape[0]
}

// Cols is the length of the last dimension.
func (i Info) Cols() int {
	if len(i.Shape) == 0 {
		return 1
	}
	return i.Shape[len(i.Shape)-1]
}

// Elements is the product of the shape: how many numbers the tensor holds.
func (i Info) Elements() int64 {
	n := int64(1)
	for _, d := range i.Shape {
		n *= int64(d)
	}
	return n
}

// Equal reports whether two descriptions agree in every field.
func (i Info) Equal(j Info) bool {
	return i.Name == j.Name && i.Encoding == j.Encoding && i.Size == j.Size &&
		slices.Equal(i.Shape, j.Shape) && slices.Equal(i.Codebook, j.Codebook) &&
		slices.Equal(i.Replaces, j.Replaces)
}

// Tensor is an Info with its bytes. Data is read-only and valid until its
// Source is closed.
type Tensor struct {
	Info
	Data []byte
}

// Source is anything that holds named tensors: a checkpoint or a container.
type Source interface {
	// Infos lists every tensor, in an order that depends on the content alone.
	Infos() []Info
	// Tensor returns one tensor. Its error names the file and the tensor.
	Tensor(name string) (Tensor, error)
	Close() error
}

// Span is the bytes Lo ≤ i < Hi of a text.
type Span struct{ Lo, Hi int }

// ParseError says that an input file is damaged or is not what it claims to be.
// Commands turn it into exit code 4.
type ParseError struct {
	File   string // path as the user gave it
	Offset int64  // byte offset of the fault, negative where there is none
	Err    error
}

// Error is "FILE: offset N: what is wrong".
func (e *ParseError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s: offset %d: %v", e.File, e.Offset, e.Err)
}

// Unwrap gives the cause.
func (e *ParseError) Unwrap() error { return e.Err }
