// Package asm holds the kernels: small loops over raw slices that take most of
// the time. Each has a definition in plain Go, compiled into every build, named
// …Generic; hand-written versions for an instruction set stand beside it and
// must agree with it, integer results to the bit.
//
// The Go side checks lengths and panics on a mismatch, which only a programmer
// can cause. asm is a leaf: it imports nothing of ours.
package asm
