//go:build unix

package mmap

import (
	"os"

	"golang.org/x/sys/unix"
)

func mapFile(f *os.File, size int) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
}

func unmap(data []byte) error { return unix.Munmap(data) }

func advise(data []byte, advice Advice) {
	hint := [...]int{
		Sequential: unix.MADV_SEQUENTIAL,
		WillNeed:   unix.MADV_WILLNEED,
		DontNeed:   unix.MADV_DONTNEED,
	}[advice]
	_ = unix.Madvise(data, hint)
}

// reserve gives memory that is zero, page-aligned, and takes none until it is
// written to.
func reserve(size int) ([]byte, error) {
	return unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
}

func free(data []byte) error { return unix.Munmap(data) }

// forget gives reserved memory back.
func forget(data []byte) { _ = unix.Madvise(data, unix.MADV_DONTNEED) }
