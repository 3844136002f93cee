// Package score estimates the likelihood bound of masked-diffusion models and
// compares models on identical masks.
//
// Of a text x of L tokens, log p(x) is bounded (arXiv 2502.09992 §2.3) by
//
//	−log p(x) ≤ NELBO(x) = E_l E_M [ (L/l)·Σ_{i∈M} −log p(x_i | x without M) ]
//
// with the mask count l uniform on 1 … L and M a uniform set of l positions.
// An Item is a text with the masks to score it under; Pairs and Official draw
// masks. Everything random derives from the seed, the document and the sample,
// so that neither device nor number of threads nor the order of work changes
// which masks are scored, and two models meet the same ones.
//
// Results are kept per item (Record) and folded in the order of items
// (Bound, Difference), in memory that does not grow with their number; they survive
// JSON, so that an interrupted run goes on.
//
// score imports model and backend; it never knows which device computes.
package score
