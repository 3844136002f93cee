// Package checkpoint writes LLaDA checkpoints with random weights: the same
// tensor names, shapes, shards and index as the published ones, at any size.
// Tests convert and run them where the real weights are too large to have.
//
// Weights depend on the seed, the tensor's name and the position of the number
// alone: not on the shards, the workers or the other tensors.
//
// The package is for tests and for testdata/randckpt. It may import formats and
// formats/safetensors.
package checkpoint
