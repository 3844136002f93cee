// Package container reads and writes the single file that a converted model
// lives in, FILE.llada. docs/format.md is its specification; where the two
// disagree, the document is right.
//
// A container is, from front to back: a header page; the tensors, raw, each on
// a 64-byte boundary, so that a program maps the file and computes on it in
// place; side sections (tokenizer, chat template, config, recipe), each a zstd
// frame; the index, in JSON; a footer that says where the index is. Every byte
// is under a CRC-32C or is padding that must be zero, so Verify finds any
// single damaged byte. The index comes last, so that a file is written in one
// pass.
//
// A Writer works on FILE.partial and renames it at Commit: a file under its
// final name is complete. The same calls give the same bytes.
//
// Open reads header, footer and index and checks all of them; it touches no
// tensor. Whatever the bytes are, the outcome is a File or a
// *formats.ParseError, and memory stays in proportion to the file. A file that
// shrinks or fails while it is open gives an error that holds a *mmap.Fault and
// names the file; who computes on tensors gets that from mmap.Guard and Locate.
//
// Package quant defines what the bytes of q8, q6 and q4 mean; this package only
// knows how many there are. It must not import quant, nor anything above
// formats.
package container
