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
