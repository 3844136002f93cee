package container

import (
	"bytes"
	"testing"

	"llada/formats/mmap/mmaptest"
)

// Release takes a tensor out of memory. The kernel may take its neighbours along,
// where they share a huge page.
func TestRelease(t *testing.T) {
	f, err := Open(big(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x, err := f.Tensor("second")
	if err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(f.data) // reads all
	all := mmaptest.Resident(t, f.data)
	f.Release("absent")
	f.Release("second")
	if gone := all - mmaptest.Resident(t, f.data); gone < x.Size/2 {
		t.Errorf("%d bytes left memory of a tensor of %d", gone, x.Size)
	}
	if !bytes.Equal(f.data, before) {
		t.Error("a released tensor reads otherwise")
	}
}
