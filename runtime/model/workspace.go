package model

import "llada/runtime/backend"

// workspace holds the activations of a pass, with room for the largest so far.
type workspace struct {
	rows, asked int

	x      backend.Act // residual stream [rows][width]
	n      backend.Act // normalized input [rows][width]
	q      backend.Act // [rows][heads·dim]
	k, v   backend.Act // [rows][kvHeads·dim]
	att    backend.Act // [rows][heads·dim]
	hidden backend.Act // [rows][hidden]
	last   backend.Act // asked rows of the residual stream, normalized [asked][width]
	kv     backend.KV  // one layer of `rows` slots: a pass without a cache keeps no more
}

// grain is what sizes of the workspace are multiples of, so that a canvas that
// grows by a few positions finds room.
const grain = 64

// reserve makes room for passes of so many rows, of which so many are asked.
func (m *Model) reserve(rows, asked int) error {
	s := m.space
	if s != nil && rows <= s.rows && asked <= s.asked {
		return nil
	}
	up := func(n int) int { return (n + grain - 1) / grain * grain }
	rows, asked = up(rows), up(asked)
	if s != nil {
		rows, asked = max(rows, s.rows), max(asked, s.asked)
	}
	m.space = nil
	if err := s.close(); err != nil {
		return err
	}
	next, err := m.newWorkspace(rows, asked)
	if err != nil {
		next.close()
		return err
	}
	m.space = next
	return nil
}

func (m *Model) newWorkspace(rows, asked int) (*workspace, error) {
	s := &workspace{rows: rows, asked: asked}
	var q, kv, hidden int
	for i := range m.Arch.Layers {
		l := &m.Arch.Layers[i]
		q, kv, hidden = max(q, l.Attention.Width()), max(kv, l.Attention.KVWidth()), max(hidden, l.Dense.Hidden)
	}
	width := m.Arch.Width
	for _, want := range []struct {
		act        *backend.Act
		rows, cols int
	}{
		{&s.x, rows, width}, {&s.n, rows, width}, {&s.q, rows, q}, {&s.k, rows, kv}, {&s.v, rows, kv},
		{&s.att, rows, q}, {&s.hidden, rows, hidden}, {&s.last, asked, width},
	} {
		act, err := m.be.NewAct(want.rows, want.cols)
		if err != nil {
			return s, err
		}
		*want.act = act
	}
	var err error
	s.kv, err = m.be.NewKV(m.kvSpec(1, rows))
	return s, err
}

func (s *workspace) close() error {
	if s == nil {
		return nil
	}
	var first error
	for _, a := range []backend.Act{s.x, s.n, s.q, s.k, s.v, s.att, s.hidden, s.last} {
		if a != nil {
			if err := a.Close(); err != nil && first == nil {
				first = err
			}
		}
	}
	if s.kv != nil {
		if err := s.kv.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
