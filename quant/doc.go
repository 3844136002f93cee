// Package quant defines how weights become bytes.
//
// A Codec is the definition of one encoding in plain Go: encoding, decoding and
// the exact integer arithmetic between them. Kernels, shaders and docs refer to
// it and are tested against it. Every quantized encoding decodes to the same
// Panel, int8 weights with float scales, so that one matrix kernel serves all
// of them and a new encoding is a new decoder.
//
// Encode and Measure apply a codec to a matrix of any size, in parallel and in
// bounded memory, wherever its Rows come from. Neither the number of threads nor
// the bound changes a bit of the outcome. What a tensor is for, and which
// encoding it gets, is for package convert to know.
//
// quant imports formats and, for the search of scales, the kernels of
// runtime/asm; nothing below formats and nothing else of runtime.
package quant
