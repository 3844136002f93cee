// Package arch reads a checkpoint's config.json into the description of a
// network: its dimensions, its special tokens and the name, shape and role of
// every tensor it must have. Conversion plans from it, the runtime builds the
// model from it; both therefore agree on what a checkpoint is.
//
// One file per family. A family refuses every configuration it does not
// compute exactly: a missing key, a wrong type or a feature that it lacks is
// an error, never a default, because the official classes' defaults describe
// another network (LLaDA-8B-Instruct:configuration_llada.py).
package arch
