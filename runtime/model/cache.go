package model

import (
	"fmt"
	"slices"

	"llada/runtime/backend"
)

// Pool is room for the keys and values of cached sequences, of every layer:
// slots that caches take and give back. Slots of a cache need not lie together.
// It is used by the goroutine that uses its model.
type Pool struct {
	m    *Model
	kv   backend.KV
	free []backend.Range // ascending, apart from each other
}

// NewPool makes a pool of a number of slots, one per position of a cache.
// Sequences without a cache that share a pass with cached ones take slots too,
// as long as it lasts.
func (m *Model) NewPool(slots int) (*Pool, error) {
	kv, err := m.be.NewKV(m.kvSpec(len(m.layers), slots))
	if err != nil {
		return nil, err
	}
	return &Pool{m: m, kv: kv, free: []backend.Range{{Slots: slots}}}, nil
}

// Close frees the pool; its caches must not be used after it.
func (p *Pool) Close() error { return p.kv.Close() }

// Free is the number of slots that nothing holds.
func (p *Pool) Free() int {
	n := 0
	for _, r := range p.free {
		n += r.Slots
	}
	return n
}

// take takes n slots, from the lowest on.
func (p *Pool) take(n int) ([]backend.Range, error) {
	if free := p.Free(); n > free {
		return nil, fmt.Errorf("%d positions need as many slots of the cache pool, %d of %d are free", n, free, p.kv.Spec().Slots)
	}
	var taken []backend.Range
	for n > 0 {
		r := &p.free[0]
		k := min(n, r.Slots)
		taken = append(taken, backend.Range{Slot: r.Slot, Slots: k})
		if r.Slot, r.Slots, n = r.Slot+k, r.Slots-k, n-k; r.Slots == 0 {
			p.free = p.free[1:]
		}
	}
	return taken, nil
}

// give takes slots back.
func (p *Pool) give(ranges []backend.Range) {
	all := slices.Concat(p.free, ranges)
	slices.SortFunc(all, func(a, b backend.Range) int { return a.Slot - b.Slot })
	p.free = nil
	for _, r := range all {
		if n := len(p.free); n > 0 && p.free[n-1].Slot+p.free[n-1].Slots == r.Slot {
			p.free[n-1].Slots += r.Slots
		} else if r.Slots > 0 {
			p.free = append(p.free, r)
		}
	}
}

// Cache holds the keys and values of one sequence, by position.
type Cache struct {
	pool  *Pool
	slots []int32 // by position
	held  []bool
}

// NewCache takes slots for a sequence of so many positions.
func (p *Pool) NewCache(positions int) (*Cache, error) {
	taken, err := p.take(positions)
	if err != nil {
		return nil, err
	}
	return &Cache{pool: p, slots: appendSlots(nil, taken...), held: make([]bool, positions)}, nil
}

// Positions is how many positions the cache has room for.
func (c *Cache) Positions() int { return len(c.slots) }

// Holds reports whether the key and value of a position are there.
func (c *Cache) Holds(pos int) bool { return pos >= 0 && pos < len(c.held) && c.held[pos] }

// Forget drops the positions in [lo, hi), those that there are: no query sees them
// until they are computed again.
func (c *Cache) Forget(lo, hi int) {
	for p := max(lo, 0); p < min(hi, len(c.held)); p++ {
		c.held[p] = false
	}
}

// Close gives the slots back. Closing twice is harmless.
func (c *Cache) Close() {
	c.pool.give(appendRuns(nil, 0, c.slots))
	c.slots, c.held = nil, nil
}

// ranges appends the slots of the positions held below end, in their order.
func (c *Cache) ranges(list []backend.Range, end int) []backend.Range {
	at := len(list)
	for p := range min(end, len(c.held)) {
		if c.held[p] {
			list = appendRuns(list, at, c.slots[p:p+1])
		}
	}
	return list
}
