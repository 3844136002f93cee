// Package sample fills a canvas of mask tokens in over several forward passes
// (arXiv 2502.09992 §2.4; ML-GSAI/LLaDA:generate.py).
//
// A Generation is the state of one answer. It never calls the network: it says
// what it wants computed (Next) and takes the answer (Take). Run brings any number
// of generations together, so that they share passes; generate, prompt files and a
// server differ only in who collects what they want.
//
// A generation walks the blocks of its answer from left to right. In every step
// its Rule says which positions it wants candidates for, and what of the canvas
// changes. What the papers argue about is in rules alone. Rules have state of
// their own, one instance per generation, and may take a token back; tokens given
// by the prompt never change, and equal confidences go to the lowest position.
// Everything random derives from the seed, the step and the position, so that a
// generation does not depend on what shares its passes.
package sample
