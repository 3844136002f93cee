package model

import "llada/runtime/backend"

// space holds the activations of a pass of n rows, made once per n.
type space struct {
	x      backend.Act // residual stream [n][width]
	n      backend.Act // normalized input [n][width]
	q      backend.Act // [n][heads·dim]
	k, v   backend.Act // [n][kvHeads·dim]
	att    backend.Act // [n][heads·dim]
	hidden backend.Act // [n][hidden]
	asked  backend.Act // [rows asked][width]
	kv     backend.KV  // one layer, n slots: a pass without a cache keeps no more
}

// spacesKept bounds the memory of programs that run many lengths.
const spacesKept = 4

// spaceFor is the space of a pass of `rows` rows of which `asked` are asked.
func (m *Model) spaceFor(rows, asked int) (*space, error) {
	if s := m.space[rows]; s != nil {
		if s.asked.Rows() == asked {
			return s, nil
		}
		act, err := m.be.NewAct(asked, m.Arch.Width)
		s.asked = act
		return s, err
	}
	if len(m.space) >= spacesKept {
		clear(m.space)
	}
	a, s := m.Arch, &space{}
	for _, want := range []struct {
		act        *backend.Act
		rows, cols int
	}{
		{&s.x, rows, a.Width}, {&s.n, rows, a.Width}, {&s.q, rows, a.Heads * a.HeadDim},
		{&s.k, rows, a.KVWidth()}, {&s.v, rows, a.KVWidth()},
		{&s.att, rows, a.Heads * a.HeadDim}, {&s.hidden, rows, a.Hidden}, {&s.asked, asked, a.Width},
	} {
		act, err := m.be.NewAct(want.rows, want.cols)
		if err != nil {
			return nil, err
		}
		*want.act = act
	}
	kv, err := m.be.NewKV(1, rows, a.KVHeads, a.HeadDim)
	if err != nil {
		return nil, err
	}
	s.kv = kv
	m.space[rows] = s
	return s, nil
}

// forward is one block (LLaDA-8B-Instruct:modeling_llada.py, LLaDALlamaBlock):
//
//	x ← x + Wout·attention(rope(Wq·n), rope(Wk·n), Wv·n)    n = RMSNorm(x)
//	x ← x + Wdown·(silu(Wgate·m) ⊙ Wup·m)                   m = RMSNorm(x)
//
// with attention over the whole sequence in both directions.
func (m *Model) forward(b *block, s *space, l *layout) {
	a := m.Arch
	rope := backend.Rope{Theta: a.RopeTheta, Dims: a.HeadDim}

	m.be.RMSNorm(s.n, s.x, b.attnNorm, a.NormEps)
	m.be.Linear([]backend.Act{s.q, s.k, s.v}, []backend.Weight{b.q, b.k, b.v}, s.n)
	m.be.Rotate(s.q, a.Heads, l.pos, rope)
	m.be.Rotate(s.k, a.KVHeads, l.pos, rope)
	m.be.Store(s.kv, 0, s.k, s.v, l.slots)
	m.be.Attend(s.att, s.q, s.kv, 0, a.Heads, a.KVHeads, l.spans)
	m.be.LinearAdd(s.x, b.out, s.att)

	m.be.RMSNorm(s.n, s.x, b.ffNorm, a.NormEps)
	m.be.Gated(s.hidden, b.gate, b.up, s.n)
	m.be.LinearAdd(s.x, b.down, s.hidden)
}
