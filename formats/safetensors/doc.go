// Package safetensors reads checkpoints in the safetensors format, one file or
// a folder of shards with an index, and writes single files of it.
//
// A file is 8 bytes of header length, little-endian; a header, one JSON object
// from tensor name to {"dtype", "shape", "data_offsets"}, padded with spaces;
// then the data, which the tensors cover from its first byte to its last
// without gap or overlap, in any order.
//
// Reading is strict and copies nothing:
//
//   - Open checks everything that can be checked without touching the data, so
//     that a Checkpoint once open gives out every tensor it lists.
//   - Tensor data are slices of the mapped file. The format does not align
//     them: decode numbers, never cast the bytes.
//   - Only files in the checkpoint's own folder are opened, whatever the index
//     says, and memory in use follows the bytes that exist, not those claimed.
//   - Damage is a *formats.ParseError that names the file, the tensor, the
//     value found and, where there is one, the way out. A file that shrinks or
//     fails meanwhile is an error that holds a *mmap.Fault; readers of tensors
//     get it from mmap.Guard and Locate.
//
// The package may import formats and formats/mmap, and nothing else of the
// project.
package safetensors
