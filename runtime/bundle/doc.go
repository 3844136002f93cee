// Package bundle opens a container on a device: the network, its tokenizer and
// chat template, its special tokens, and who it is. It is what every command and a
// server start from; flags and output stay with them.
//
// What is in the container is checked against the network before a weight is
// loaded, vectors and companions by their checksums. The container's index, not its
// config.json, has the word on special tokens. Errors keep their kind: what is wrong
// with the file is a *formats.ParseError that names it, a device that fails or a
// full memory is not; a file that shrinks while it is mapped is named by every later
// error that comes of it, and so is one whose weights make NaN or infinities.
//
// It alone below cmd knows which devices there are.
package bundle
