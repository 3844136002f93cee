// Package mmap maps whole files into memory, read-only, and passes hints about
// their use to the kernel. It owns every system call of this kind in the
// project, so that no other package has files per operating system for it.
//
// A mapping shows the file as it is now: reading what another process cut off,
// or what the disk no longer gives, is a memory fault, which ends the program
// with a trace. Whoever reads mapped memory does it under Guard, which makes an
// error of that; Locate names the file in it.
//
// Some file systems cannot map (some network and user-space ones). A file there is
// read into memory instead, range by range as its holder asks (File.Load): a
// container as a whole, a checkpoint tensor by tensor.
//
// It must not import any other package of the project.
package mmap
