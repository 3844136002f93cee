// Package cpu is the backend on the processor: goroutines over the kernels of
// package asm, decoding with the definitions of package quant.
//
// Work is split so that every output is computed by one worker in one order:
// results are the same for any number of threads. A Backend is used by one
// goroutine at a time.
package cpu
