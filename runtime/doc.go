// Package runtime is the map of what runs a model; it holds no code, so that
// nothing need import it and shadow the standard library's package.
//
//	asm      kernels over raw slices
//	backend  the operations that a device offers, and their conformance suite
//	cpu      the backend on the processor
//	model    networks as sequences of those operations, by pass or by layer
//	sample   generations, which fill a canvas of masks in
//	score    the likelihood bound, and what it is taken over
//	bundle   an open container on a device
package runtime
