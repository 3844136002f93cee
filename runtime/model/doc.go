// Package model runs networks as sequences of a backend's operations. A model is
// assembled from a source of tensors and the arch that describes its layers; it
// knows features, not families.
//
// A pass takes any number of sequences (Seq), each with its own tokens,
// positions, rows to predict, question (backend.Ask) and, if it has one, cache.
// Sequences never meet: what one gives does not depend on what else is in the
// pass. Predict is the whole network at once, with one wait; a State is the same
// layer by layer, to be read, written and resumed. Both compute in one workspace,
// which grows to the largest pass so far and is not made anew for a smaller one.
//
// model imports backend and formats; it never knows which device computes.
package model
