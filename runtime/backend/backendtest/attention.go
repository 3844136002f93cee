package backendtest

import (
	"fmt"
	"math"

	"llada/runtime/backend"
)

// cache is what the suite stored: keys and values by slot, [slots][cols].
type cache struct {
	kv   backend.KV
	cols int
	k, v []float32
}

func (e *env) newCache(layers, slots, heads, dim int) *cache {
	e.Helper()
	kv, err := e.be.NewKV(layers, slots, heads, dim)
	if err != nil {
		e.Fatalf("new kv: %v", err)
	}
	cols := heads * dim
	return &cache{kv, cols, make([]float32, slots*cols), make([]float32, slots*cols)}
}

// fill stores random keys and values in every slot, in two calls and out of
// order. Slots that no span of the test holds get keys that would draw all
// attention.
func (e *env) fill(c *cache, layer int, hidden map[int]bool) {
	slots := c.kv.Slots()
	copy(c.k, e.numbers(len(c.k)))
	copy(c.v, e.numbers(len(c.v)))
	for s := range hidden {
		for i := range c.cols {
			c.k[s*c.cols+i] *= 1e3
			c.v[s*c.cols+i] = 1e6
		}
	}
	order := e.rng.Perm(slots)
	for _, part := range [][]int{order[:slots/3], order[slots/3:]} {
		var k, v []float32
		var at []int32
		for _, s := range part {
			k = append(k, c.k[s*c.cols:(s+1)*c.cols]...)
			v = append(v, c.v[s*c.cols:(s+1)*c.cols]...)
			at = append(at, int32(s))
		}
		if len(part) > 0 {
			e.be.Store(c.kv, layer, e.act(k, len(part), c.cols), e.act(v, len(part), c.cols), at)
		}
	}
}

// attention is the formula, query by query.
func attention(q []float32, c *cache, heads, kvHeads, dim int, spans []backend.Span, rows int) *expected {
	want := expect(rows * heads * dim)
	for _, s := range spans {
		for t := range s.Rows {
			end := s.Slots
			if s.Block > 0 {
				end = min(end, ((s.Start+t)/s.Block+1)*s.Block)
			}
			for h := range heads {
				qAt := ((s.Row+t)*heads + h) * dim
				kvAt := h / (heads / kvHeads) * dim
				weight, most := make([]float64, end), math.Inf(-1)
				for j := range weight {
					for i := range dim {
						weight[j] += float64(q[qAt+i]) * float64(c.k[(s.Slot+j)*c.cols+kvAt+i])
					}
					weight[j] /= math.Sqrt(float64(dim))
					most = max(most, weight[j])
				}
				sum := 0.0
				for j := range weight {
					weight[j] = math.Exp(weight[j] - most)
					sum += weight[j]
				}
				for i := range dim {
					for j, w := range weight {
						v := float64(c.v[(s.Slot+j)*c.cols+kvAt+i])
						want.value[qAt+i] += w / sum * v
						want.size[qAt+i] = max(want.size[qAt+i], 2*math.Abs(v))
					}
				}
			}
		}
	}
	return want
}

func testAttend(e *env) {
	for _, c := range []struct {
		name                string
		heads, kvHeads, dim int
		slots               int
		spans               []backend.Span
	}{
		{"one query", 1, 1, 8, 1, []backend.Span{{Rows: 1, Slots: 1}}},
		{"one sequence", 2, 2, 16, 21, []backend.Span{{Rows: 21, Slots: 21}}},
		{"grouped heads", 6, 2, 12, 9, []backend.Span{{Rows: 9, Slots: 9}}},
		{"one key head", 4, 1, 32, 5, []backend.Span{{Rows: 5, Slots: 5}}},
		{"sequences apart", 2, 1, 16, 40, []backend.Span{
			{Row: 0, Rows: 3, Slot: 17, Slots: 3}, {Row: 3, Rows: 9, Slot: 2, Slots: 9}, {Row: 12, Rows: 1, Slot: 39, Slots: 1},
		}},
		{"queries among cached keys", 2, 2, 16, 50, []backend.Span{
			{Row: 0, Rows: 4, Slot: 0, Slots: 30}, {Row: 4, Rows: 10, Slot: 31, Slots: 17},
		}},
		{"blocks", 2, 1, 16, 19, []backend.Span{{Rows: 19, Slots: 19, Block: 4}}},
		{"later blocks of two sequences", 4, 2, 8, 64, []backend.Span{
			{Row: 0, Rows: 8, Slot: 3, Slots: 24, Block: 8, Start: 8},
			{Row: 8, Rows: 5, Slot: 32, Slots: 30, Block: 32, Start: 13},
		}},
		{"a block that the queries cross", 1, 1, 8, 12, []backend.Span{{Rows: 5, Slots: 12, Block: 4, Start: 2}}},
		{"many keys", 2, 1, 64, 333, []backend.Span{{Rows: 17, Slots: 333}}},
	} {
		rows, hidden := 0, map[int]bool{}
		for s := range c.slots {
			hidden[s] = true
		}
		for _, s := range c.spans {
			rows = max(rows, s.Row+s.Rows)
			for t := range s.Rows {
				for j := range s.Visible(t) {
					delete(hidden, s.Slot+j)
				}
			}
		}
		kv := e.newCache(1, c.slots, c.kvHeads, c.dim)
		e.fill(kv, 0, hidden)
		q := e.numbers(rows * c.heads * c.dim)
		dst := e.act(e.numbers(len(q)), rows, c.heads*c.dim) // overwritten
		e.be.Attend(dst, e.act(q, rows, c.heads*c.dim), kv.kv, 0, c.heads, c.kvHeads, c.spans)
		e.compare(c.name, e.read(dst), attention(q, kv, c.heads, c.kvHeads, c.dim, c.spans, rows))
	}
}

// testAttendLayers keeps several layers and overwrites slots of one.
func testAttendLayers(e *env) {
	const layers, slots, heads, dim = 3, 10, 2, 8
	span := []backend.Span{{Rows: slots, Slots: slots}}
	kv := e.newCache(layers, slots, heads, dim)
	var stored []*cache
	for l := range layers {
		e.fill(kv, l, nil)
		stored = append(stored, &cache{kv.kv, kv.cols, append([]float32(nil), kv.k...), append([]float32(nil), kv.v...)})
	}
	again := e.numbers(2 * kv.cols)
	k, v := again[:kv.cols], again[kv.cols:]
	e.be.Store(kv.kv, 1, e.act(k, 1, kv.cols), e.act(v, 1, kv.cols), []int32{4})
	copy(stored[1].k[4*kv.cols:], k)
	copy(stored[1].v[4*kv.cols:], v)
	q := e.numbers(slots * heads * dim)
	qa := e.act(q, slots, heads*dim)
	for l, s := range stored {
		dst := e.newAct(slots, heads*dim)
		e.be.Attend(dst, qa, kv.kv, l, heads, heads, span)
		e.compare(fmt.Sprintf("layer %d", l), e.read(dst), attention(q, s, heads, heads, dim, span, slots))
	}
}
