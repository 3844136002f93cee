// Package backend is the seam between models and devices: about a dozen fused
// operations, those a masked-diffusion Transformer needs and no general
// tensors. A model is a sequence of them; a device implements them and passes
// the suite in backendtest.
//
// Work comes in passes. Begin takes everything that differs between two passes of
// one shape: ids, positions, slots, spans, asks. The operations that follow name
// only weights, activations, keys and values on the device, and constants, so
// that a device may record them once and submit them again, and End is the only
// wait. Between passes, Read and Write move rows. What is made (Weight, Act, KV)
// has an owner, who closes it.
//
// Shapes that do not fit are the caller's mistake and panic. Whatever else fails
// within a pass, a fault of the device or of a worker, is the error of its End;
// operations after it do nothing. Results must not depend on the number of
// threads, nor on what else is in the pass.
//
// NaN and ±∞ must stay what they are through every operation, int8 activations and
// keys included, until RMSNorm or Head meets them and the pass fails (NotFinite).
//
// The plain-Go meaning of an answer is here too (Ask.Reduce), because samplers and
// scorers rely on it whatever the device. A device need not have float64: of a
// row it may return the most probable tokens with their logits and the
// log-sum-exp of the rest, and finish on the host with the functions here.
// Candidates must be those of the definition, given the device's logits;
// log-odds, log-probabilities, margins and entropies lie within 1e-6·max(1, |x|)
// of it.
package backend
