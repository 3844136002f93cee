// Package model runs networks as sequences of a backend's operations. A model
// is built from a source of tensors and the arch that names them; one file per
// family holds its forward pass, shaped like the papers' equations.
//
// A pass takes any number of sequences (Batch), each with its own positions,
// and answers only for the rows asked. model imports backend and formats; it
// never knows which device computes.
package model
