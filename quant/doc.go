// Package quant defines how weights become bytes and decides which bytes each
// tensor becomes.
//
// A Codec is the definition of one encoding in plain Go: encoding, decoding and
// the exact integer arithmetic between them. Kernels, shaders and docs refer to
// it and are tested against it. Every quantized encoding decodes to the same
// Panel, int8 weights with float scales, so that one matrix kernel serves all
// of them and a new encoding is a new decoder.
//
// A conversion is Inventory (what the checkpoint holds, from headers only) →
// Plan (every decision, pure and printable) → Execute (which decides nothing).
//
// quant imports formats and, for the search of scales, the kernels of
// runtime/asm; nothing else of runtime.
package quant
