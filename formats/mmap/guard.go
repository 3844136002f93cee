package mmap

import (
	"errors"
	"runtime"
	"runtime/debug"
	"unsafe"
)

// Fault is mapped memory that could not be read. It is no damage of the file's
// format: the content is not known.
type Fault struct {
	Addr uintptr // what was read
}

// Error says what can have happened; Locate adds to which file.
func (*Fault) Error() string {
	return "cannot be read: the file was shortened, or its disk failed, while it was mapped"
}

// Guard runs f on this goroutine and turns a memory fault in it into a *Fault.
// Goroutines that f starts are not covered: each needs a Guard of its own. What
// f holds is left as the fault found it, locks without a defer included. Other
// panics pass, a nil pointer's among them.
func Guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			fault := Recovered(r)
			if fault == nil {
				panic(r)
			}
			err = fault
		}
	}()
	return f()
}

// Recovered is the fault that a recovered panic was, nil if it was another. It is
// for goroutines that recover all their panics; they must have called
// debug.SetPanicOnFault.
func Recovered(r any) *Fault {
	if f, ok := r.(interface {
		runtime.Error
		Addr() uintptr
	}); ok {
		return &Fault{f.Addr()}
	}
	return nil
}

// Holds reports whether an address lies in the mapping.
func (f *File) Holds(addr uintptr) bool {
	return addr-f.start() < uintptr(len(f.Data))
}

func (f *File) start() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(f.Data))) }

// Locate puts a name before an error that holds a *Fault of this mapping: the
// one that name gives for the fault's offset in the file. Every other error
// comes back as it is, as does one that Locate has named before.
func (f *File) Locate(err error, name func(off int64) string) error {
	var fault *Fault
	if !errors.As(err, &fault) || !f.Holds(fault.Addr) || errors.As(err, new(*located)) {
		return err
	}
	return &located{name(int64(fault.Addr - f.start())), err}
}

// located is an error that names what could not be read.
type located struct {
	name string
	err  error
}

func (e *located) Error() string { return e.name + ": " + e.err.Error() }
func (e *located) Unwrap() error { return e.err }
