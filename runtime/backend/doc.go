// Package backend is the seam between models and devices: about a dozen fused
// operations, those a masked-diffusion Transformer needs and no general
// tensors. A model is a sequence of them; a device implements them and passes
// the suite in backendtest.
//
// Operations may be queued: they report nothing, and only Flush and Head, which
// wait, can fail. Shapes that do not fit are the caller's mistake and panic.
// Results must not depend on the number of threads.
//
// The plain-Go meaning of what Head reports per row is here too (Ask, reduce),
// because samplers and scorers rely on it whatever the device.
package backend
