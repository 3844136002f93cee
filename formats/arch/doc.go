// Package arch reads a checkpoint's config.json into the description of a
// network: its layers with their features, and the name, shape and role of
// every tensor it must have. Conversion plans from it, the runtime assembles the
// forward pass from it; both therefore agree on what a checkpoint is.
//
// A family is a parser, one file each: nothing outside this package knows
// families by name, so that a new one whose features exist already is its parser
// and its golden values. A family refuses every configuration it does not
// compute exactly: a missing key, a wrong type or a feature that it lacks is an
// error, never a default, because the official classes' defaults describe another
// network (LLaDA-8B-Instruct:configuration_llada.py).
//
// What a configuration says of special tokens (Tokens) serves conversion alone:
// it decides and records them in the container, where everything else reads them.
package arch
