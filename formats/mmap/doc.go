// Package mmap maps whole files into memory, read-only, and passes hints about
// their use to the kernel. It owns every system call of this kind in the
// project, so that no other package has files per operating system for it.
//
// A mapping shows the file as it is now: a file that another process shortens
// makes reads of the lost part fault. Nothing here can turn that into an error.
//
// It must not import any other package of the project.
package mmap
