// Package calib is where weights are quantized with regard to what flows
// through them: calibration text, masked as a diffusion model sees it, and the
// statistics of every linear layer's input, collected by forward passes on any
// backend. Today every conversion rounds to nearest (quant), and the package
// holds no code yet; quant.Codec.EncodeGroup already takes the importance of
// each input column that such statistics give.
//
// calib may import runtime/model, runtime/backend, quant and formats.
package calib
