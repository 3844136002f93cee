// Package sample fills a canvas of mask tokens in over several forward passes
// (arXiv 2502.09992 §2.4; ML-GSAI/LLaDA:generate.py).
//
// A Sampler walks the blocks of the answer from left to right. In every step it
// asks a Predictor for the candidate token of each masked position up to the
// block's end and its confidence, and a Strategy which of them become tokens
// now. What the papers argue about is in strategies alone.
//
// The mask token is never committed; a committed token never changes; equal
// confidences go to the lowest position. Everything random derives from the
// seed, the step and the position.
package sample
