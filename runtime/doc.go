// Package runtime is the map of what runs a model; it holds no code, so that
// nothing need import it and shadow the standard library's package.
//
//	asm      kernels over raw slices
//	backend  the operations that a device offers, and their conformance suite
//	cpu      the backend on the processor
//	model    networks as sequences of those operations
//	sample   the masked-diffusion sampler
package runtime
