// Package backendtest is the suite that every backend passes: each operation
// of backend.Backend against a direct float64 formula, over ragged shapes and
// every encoding.
//
// On the int8 path products of quantized weights are compared with quant.Dot,
// their definition, to the bit. Everything else is float arithmetic, compared
// within a tolerance relative to the magnitudes that were summed.
package backendtest
