// Package output writes files that appear whole or not at all.
//
// What is written to PATH goes to PATH.partial, which one process at a time may
// hold (an advisory lock, where the file system has them), and gets its name
// when all of it is on the disk. A run that was killed leaves at most that one
// file, which the next run takes over. An existing PATH is replaced only when
// asked; a link is followed, so that it goes on pointing to the output. Where
// the caller allows it, "-" is standard output, and pipes and devices take what
// is written at once.
//
// It imports formats alone.
package output
