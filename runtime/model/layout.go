package model

import "llada/runtime/backend"

// layout is sequences flattened into a pass. A model has one, whose buffers every
// pass uses again.
type layout struct {
	backend.Pass
	keys      []backend.Range // those of all spans
	own       []int32         // slots of the sequence at hand
	pool      *Pool           // that of the caches; nil: the workspace keeps keys and values
	temporary []backend.Range // slots of the pool that serve this pass alone
	stored    []stored
	begun     bool // layers may have written to the caches
}

// stored is a position whose key and value the pass writes to a cache, which may
// have held others.
type stored struct {
	cache *Cache
	pos   int32
	held  bool
}

// layout lays out sequences that share a pass and have been checked.
func (m *Model) layout(seqs []Seq) (*layout, error) {
	l := &m.laid
	p := &l.Pass
	p.IDs, p.Pos, p.Slots, p.Asked = p.IDs[:0], p.Pos[:0], p.Slots[:0], p.Asked[:0]
	p.Spans, p.Asks = p.Spans[:0], p.Asks[:0]
	l.keys, l.pool, l.begun = l.keys[:0], nil, false
	for c := range caches(seqs) {
		l.pool = c.pool
	}
	for i := range seqs {
		s := &seqs[i]
		ask := s.Ask
		ask.Row, ask.Rows = len(l.Pass.Asked), len(s.Asked)
		err := m.add(l, s)
		if s.Unconditional != nil && err == nil {
			ask.Without = len(l.Pass.Asked)
			err = m.add(l, s.Unconditional)
		}
		if err != nil {
			l.release(false)
			return nil, err
		}
		l.Asks = append(l.Asks, ask)
	}
	return l, nil
}

// add appends the rows of one sequence.
func (m *Model) add(l *layout, s *Seq) error {
	first := len(l.IDs)
	l.own = l.own[:0] // slots of a sequence without a cache
	switch {
	case s.Cache != nil:
	case l.pool == nil:
		l.own = appendSlots(l.own, backend.Range{Slot: first, Slots: len(s.IDs)})
	default:
		taken, err := l.pool.take(len(s.IDs))
		if err != nil {
			return err
		}
		l.temporary = append(l.temporary, taken...)
		l.own = appendSlots(l.own, taken...)
	}
	for i, id := range s.IDs {
		p := s.position(i)
		l.IDs, l.Pos = append(l.IDs, id), append(l.Pos, p)
		if s.Cache != nil {
			l.Slots = append(l.Slots, s.Cache.slots[p])
			l.stored = append(l.stored, stored{s.Cache, p, s.Cache.held[p]})
			s.Cache.held[p] = true
		} else {
			l.Slots = append(l.Slots, l.own[i])
		}
	}
	for _, r := range s.Asked {
		l.Pass.Asked = append(l.Pass.Asked, int32(first)+r)
	}
	for lo := 0; lo < len(s.IDs); {
		hi, end := len(s.IDs), m.Arch.Context
		if b := m.Arch.Block; b > 0 {
			block := int(s.position(lo)) / b
			end = (block + 1) * b
			for hi = lo; hi < len(s.IDs) && int(s.position(hi))/b == block; hi++ {
			}
		}
		at := len(l.keys)
		if s.Cache != nil {
			l.keys = s.Cache.ranges(l.keys, end)
		} else {
			l.keys = appendRuns(l.keys, at, l.own[:hi]) // a block sees the rows up to its own last
		}
		// Appending may move what spans before this one hold; those keep what they
		// had.
		l.Spans = append(l.Spans, backend.Span{Row: first + lo, Rows: hi - lo, Keys: l.keys[at:len(l.keys):len(l.keys)]})
		lo = hi
	}
	return nil
}

// release ends the pass: slots that served it go back, and if it failed its caches
// do not hold what it was to store, nor what it may have overwritten.
func (l *layout) release(ok bool) {
	if l.pool != nil {
		l.pool.give(l.temporary)
	}
	if !ok {
		for _, s := range l.stored {
			if !s.held || l.begun {
				s.cache.Forget(int(s.pos), int(s.pos)+1)
			}
		}
	}
	l.temporary, l.stored = l.temporary[:0], l.stored[:0]
}

// appendSlots lists the slots of ranges.
func appendSlots(slots []int32, ranges ...backend.Range) []int32 {
	for _, r := range ranges {
		for i := range r.Slots {
			slots = append(slots, int32(r.Slot+i))
		}
	}
	return slots
}

// appendRuns joins slots that follow each other to ranges, behind the first `at`
// of the list.
func appendRuns(ranges []backend.Range, at int, slots []int32) []backend.Range {
	for _, s := range slots {
		if n := len(ranges); n > at && ranges[n-1].Slot+ranges[n-1].Slots == int(s) {
			ranges[n-1].Slots++
		} else {
			ranges = append(ranges, backend.Range{Slot: int(s), Slots: 1})
		}
	}
	return ranges
}
