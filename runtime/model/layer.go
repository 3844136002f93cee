package model

import (
	"llada/formats/arch"
	"llada/runtime/backend"
)

// layer holds the weights of one Transformer layer; those of features that it
// lacks are nil.
type layer struct {
	arch *arch.Layer

	attNorm, q, k, v, out *weight
	qBias, kBias, vBias   *weight
	qNorm, kNorm          *weight

	ffNorm, gate, up, down *weight
}

// assemble finds the weights of a layer by their names.
func (m *Model) assemble(l *arch.Layer) layer {
	a, d, w := &l.Attention, &l.Dense, m.weights
	return layer{
		arch:    l,
		attNorm: w[a.Norm], q: w[a.Q], k: w[a.K], v: w[a.V], out: w[a.Out],
		qBias: w[a.QBias], kBias: w[a.KBias], vBias: w[a.VBias],
		qNorm: w[a.QNorm], kNorm: w[a.KNorm],
		ffNorm: w[d.Norm], gate: w[d.Gate], up: w[d.Up], down: w[d.Down],
	}
}

// attention is the first part of a layer (LLaDA-8B-Instruct:modeling_llada.py,
// LLaDALlamaBlock):
//
//	x ← x + Wout·attention(rope(Wq·n), rope(Wk·n), Wv·n)    n = RMSNorm(x)
//
// with biases on the products and an RMSNorm on every head of queries and keys
// where the layer has them. Keys and values go to layer `at` of kv.
func (m *Model) attention(s *workspace, l *layer, kv backend.KV, at int) {
	a := &l.arch.Attention
	rope := backend.Rope{Theta: a.RopeTheta, Dims: a.RopeDims}
	m.be.RMSNorm(s.n, s.x, l.attNorm.Weight, m.Arch.NormEps)
	m.be.Linear([]backend.Act{s.q, s.k, s.v}, []backend.Weight{l.q.Weight, l.k.Weight, l.v.Weight}, s.n)
	if l.qBias != nil {
		m.be.Bias(s.q, l.qBias.Weight)
		m.be.Bias(s.k, l.kBias.Weight)
		m.be.Bias(s.v, l.vBias.Weight)
	}
	if l.qNorm != nil {
		m.be.RMSNorm(s.q, s.q, l.qNorm.Weight, m.Arch.NormEps)
		m.be.RMSNorm(s.k, s.k, l.kNorm.Weight, m.Arch.NormEps)
	}
	m.be.Rotate(s.q, a.Heads, rope)
	m.be.Rotate(s.k, a.KVHeads, rope)
	m.be.Store(kv, at, s.k, s.v)
	m.be.Attend(s.att, s.q, kv, at, a.Heads)
	m.be.LinearAdd(s.x, l.out.Weight, s.att)
}

// dense is a gated feed-forward part:
//
//	x ← x + Wdown·(silu(Wgate·n) ⊙ Wup·n)                   n = RMSNorm(x)
func (m *Model) dense(s *workspace, l *layer) {
	m.be.RMSNorm(s.n, s.x, l.ffNorm.Weight, m.Arch.NormEps)
	m.be.Gated(s.hidden, l.gate.Weight, l.up.Weight, s.n)
	m.be.LinearAdd(s.x, l.down.Weight, s.hidden)
}
