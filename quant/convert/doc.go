// Package convert turns a checkpoint into a container.
//
// A conversion is Inventory (what the checkpoint holds, from its headers and
// small files) → Plan (every decision, pure and printable) → Write (which
// decides nothing): a Method does the plan's steps, one at a time, in the order
// of its own. Whatever ends a conversion early, no file is left behind.
//
// A Step says what its tensors are in terms of the checkpoint's. Execution and
// verification both ask it, so that what is measured is what was meant.
//
// Weights come from a Checkpoint, an interface: convert knows no file format but
// in the adapter for safetensors. It imports formats and quant, and nothing of
// runtime: what a network computes is none of its business.
package convert
