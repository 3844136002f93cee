package backendtest

import (
	"fmt"
	"math"
	"slices"

	"llada/formats"
	"llada/runtime/backend"
)

// cache is what the suite stored: keys and values by slot, [slots][cols].
type cache struct {
	kv   backend.KV
	cols int
	k, v []float32
}

func (e *env) newCache(s backend.KVSpec) *cache {
	e.Helper()
	if s.Encoding == "" {
		s.Encoding = backend.KVF32
	}
	kv, err := e.be.NewKV(s)
	if err != nil {
		e.Fatalf("new kv: %v", err)
	}
	cols := s.Heads * s.Dim
	return &cache{kv, cols, make([]float32, s.Slots*cols), make([]float32, s.Slots*cols)}
}

// fill stores random keys and values in every slot, in two passes and out of
// order. Slots that no span of the test holds get keys that would draw all
// attention.
func (e *env) fill(c *cache, layer int, hidden map[int]bool) {
	slots := c.kv.Spec().Slots
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
			e.store(c, layer, k, v, at)
		}
	}
}

// store runs a pass that stores rows.
func (e *env) store(c *cache, layer int, k, v []float32, slots []int32) {
	ka, va := e.act(k, len(slots), c.cols), e.act(v, len(slots), c.cols)
	e.pass(backend.Pass{Slots: slots}, func() { e.be.Store(c.kv, layer, ka, va) })
}

// attend runs a pass that attends, over q of [rows][heads·dim].
func (e *env) attend(q []float32, c *cache, layer, heads, rows int, spans []backend.Span) []float32 {
	cols := len(q) / rows
	dst, qa := e.act(e.numbers(len(q)), rows, cols), e.act(q, rows, cols) // dst is overwritten
	e.pass(backend.Pass{IDs: make([]int32, rows), Spans: spans}, func() { e.be.Attend(dst, qa, c.kv, layer, heads) })
	return e.read(dst)
}

// attention is the formula, query by query.
func attention(q []float32, c *cache, heads, kvHeads, dim int, spans []backend.Span, rows int) *expected {
	want := expect(rows * heads * dim)
	for _, s := range spans {
		slots := seen(s)
		for t := range s.Rows {
			for h := range heads {
				qAt := ((s.Row+t)*heads + h) * dim
				kvAt := h / (heads / kvHeads) * dim
				weight, most := make([]float64, len(slots)), math.Inf(-1)
				for j, slot := range slots {
					for i := range dim {
						weight[j] += float64(q[qAt+i]) * float64(c.k[slot*c.cols+kvAt+i])
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
						v := float64(c.v[slots[j]*c.cols+kvAt+i])
						want.value[qAt+i] += w / sum * v
						want.size[qAt+i] = max(want.size[qAt+i], 2*math.Abs(v))
					}
				}
			}
		}
	}
	return want
}

// seen lists the slots of a span's keys.
func seen(s backend.Span) []int {
	var slots []int
	for _, r := range s.Keys {
		for i := range r.Slots {
			slots = append(slots, r.Slot+i)
		}
	}
	return slots
}

// one is a list of one range.
func one(slot, slots int) []backend.Range { return []backend.Range{{Slot: slot, Slots: slots}} }

func testAttend(e *env) {
	for _, c := range []struct {
		name                string
		heads, kvHeads, dim int
		slots               int
		spans               []backend.Span
	}{
		{"one query", 1, 1, 8, 1, []backend.Span{{Rows: 1, Keys: one(0, 1)}}},
		{"one sequence", 2, 2, 16, 21, []backend.Span{{Rows: 21, Keys: one(0, 21)}}},
		{"grouped heads", 6, 2, 12, 9, []backend.Span{{Rows: 9, Keys: one(0, 9)}}},
		{"one key head", 4, 1, 32, 5, []backend.Span{{Rows: 5, Keys: one(0, 5)}}},
		{"sequences apart", 2, 1, 16, 40, []backend.Span{
			{Row: 0, Rows: 3, Keys: one(17, 3)}, {Row: 3, Rows: 9, Keys: one(2, 9)}, {Row: 12, Rows: 1, Keys: one(39, 1)},
		}},
		{"queries among cached keys", 2, 2, 16, 50, []backend.Span{
			{Row: 0, Rows: 4, Keys: one(0, 30)}, {Row: 4, Rows: 10, Keys: one(31, 17)},
		}},
		{"blocks that see what is before them", 2, 1, 16, 19, []backend.Span{
			{Row: 0, Rows: 4, Keys: one(0, 4)}, {Row: 4, Rows: 4, Keys: one(0, 8)}, {Row: 8, Rows: 11, Keys: one(0, 19)},
		}},
		{"a hole", 4, 2, 8, 64, []backend.Span{{Rows: 8, Keys: []backend.Range{{Slot: 3, Slots: 24}, {Slot: 40, Slots: 9}}}}},
		{"single slots out of order", 1, 1, 8, 12, []backend.Span{{Rows: 5, Keys: []backend.Range{{Slot: 7, Slots: 1}, {Slot: 2, Slots: 1}, {Slot: 11, Slots: 1}}}}},
		{"a shared prefix", 2, 2, 16, 90, []backend.Span{
			{Row: 0, Rows: 30, Keys: []backend.Range{{Slot: 0, Slots: 33}, {Slot: 50, Slots: 7}}},
			{Row: 30, Rows: 3, Keys: []backend.Range{{Slot: 0, Slots: 33}, {Slot: 60, Slots: 29}}},
		}},
		{"keys up to the last slot", 2, 2, 8, 32, []backend.Span{{Rows: 3, Keys: one(5, 27)}}},
		{"many keys", 2, 1, 64, 333, []backend.Span{{Rows: 17, Keys: one(0, 333)}}},
		{"many keys in many ranges", 2, 1, 64, 333, []backend.Span{{Rows: 60, Keys: []backend.Range{{Slot: 200, Slots: 133}, {Slot: 1, Slots: 1}, {Slot: 5, Slots: 150}}}}},
	} {
		rows, hidden := 0, map[int]bool{}
		for s := range c.slots {
			hidden[s] = true
		}
		for _, s := range c.spans {
			rows = max(rows, s.Row+s.Rows)
			for _, slot := range seen(s) {
				delete(hidden, slot)
			}
		}
		kv := e.newCache(backend.KVSpec{Layers: 1, Slots: c.slots, Heads: c.kvHeads, Dim: c.dim})
		e.fill(kv, 0, hidden)
		q := e.numbers(rows * c.heads * c.dim)
		e.compare(c.name, e.attend(q, kv, 0, c.heads, rows, c.spans), attention(q, kv, c.heads, c.kvHeads, c.dim, c.spans, rows))
	}
}

// testAttendRanges: how the slots of a sequence lie does not change a bit.
func testAttendRanges(e *env) {
	const slots, rows, heads, dim = 75, 50, 2, 24
	for _, encoding := range []backend.KVEncoding{backend.KVF32, backend.KVBF16, backend.KVInt8} {
		spec := backend.KVSpec{Layers: 1, Slots: 3 * slots, Heads: heads, Dim: dim, Encoding: encoding}
		q, k, v := e.numbers(rows*heads*dim), e.numbers(slots*heads*dim), e.numbers(slots*heads*dim)
		var first []float32
		for name, keys := range map[string][]backend.Range{
			"together":  one(17, slots),
			"elsewhere": one(130, slots),
			"in two":    {{Slot: 100, Slots: 31}, {Slot: 0, Slots: slots - 31}},
			"in many":   {{Slot: 9, Slots: 1}, {Slot: 90, Slots: 40}, {Slot: 10, Slots: 33}, {Slot: 224, Slots: 1}},
		} {
			c, at := e.newCache(spec), []int32{}
			for _, s := range seen(backend.Span{Keys: keys}) {
				at = append(at, int32(s))
			}
			e.store(c, 0, k, v, at)
			got := e.attend(q, c, 0, heads, rows, []backend.Span{{Rows: rows, Keys: keys}})
			if first == nil {
				first = got
			}
			e.same(fmt.Sprintf("%s, %s", encoding, name), got, first)
		}
	}
}

// testAttendLayers keeps several layers and overwrites slots of one.
func testAttendLayers(e *env) {
	const layers, slots, heads, dim = 3, 10, 2, 8
	span := []backend.Span{{Rows: slots, Keys: one(0, slots)}}
	for _, encoding := range []backend.KVEncoding{backend.KVF32, backend.KVBF16, backend.KVInt8} {
		kv := e.newCache(backend.KVSpec{Layers: layers, Slots: slots, Heads: heads, Dim: dim, Encoding: encoding})
		var stored []*cache
		for l := range layers {
			e.fill(kv, l, nil)
			stored = append(stored, &cache{kv.kv, kv.cols, slices.Clone(kv.k), slices.Clone(kv.v)})
		}
		again := e.numbers(2 * kv.cols)
		k, v := again[:kv.cols], again[kv.cols:]
		e.store(kv, 1, k, v, []int32{4})
		copy(stored[1].k[4*kv.cols:], k)
		copy(stored[1].v[4*kv.cols:], v)
		q := e.numbers(slots * heads * dim)
		for l, s := range stored {
			s.round(encoding, dim)
			e.compare(fmt.Sprintf("%s, layer %d", encoding, l), e.attend(q, kv, l, heads, slots, span), attention(q, s, heads, heads, dim, span, slots))
		}
	}
}

// testAttendEncodings: attention computes with the numbers that keys and values
// decode to.
func testAttendEncodings(e *env) {
	const slots, rows, heads, dim = 70, 30, 2, 20
	spans := []backend.Span{{Rows: rows, Keys: []backend.Range{{Slot: 30, Slots: 40}, {Slot: 2, Slots: 20}}}}
	for _, encoding := range []backend.KVEncoding{backend.KVF32, backend.KVBF16, backend.KVInt8} {
		kv := e.newCache(backend.KVSpec{Layers: 1, Slots: slots, Heads: heads, Dim: dim, Encoding: encoding})
		e.fill(kv, 0, nil)
		// Vectors of other magnitudes, and of zeros.
		for i := range kv.cols {
			kv.k[31*kv.cols+i] *= 1e4
			kv.v[31*kv.cols+i] *= 1e4
			kv.k[32*kv.cols+i], kv.v[32*kv.cols+i] = 0, 0
			kv.k[33*kv.cols+i], kv.v[33*kv.cols+i] = 1e-36, 1e-36
		}
		for s := 31; s < 34; s++ {
			e.store(kv, 0, kv.k[s*kv.cols:(s+1)*kv.cols], kv.v[s*kv.cols:(s+1)*kv.cols], []int32{int32(s)})
		}
		kv.round(encoding, dim)
		q := e.numbers(rows * heads * dim)
		e.compare(string(encoding), e.attend(q, kv, 0, heads, rows, spans), attention(q, kv, heads, heads, dim, spans, rows))
	}
}

// round makes the numbers what an encoding keeps of them.
func (c *cache) round(encoding backend.KVEncoding, dim int) {
	for _, x := range [][]float32{c.k, c.v} {
		for at := 0; at < len(x); at += dim {
			switch v := x[at : at+dim]; encoding {
			case backend.KVBF16:
				for i := range v {
					v[i] = formats.WidenBF16(formats.RoundBF16(v[i]))
				}
			case backend.KVInt8:
				most := float32(0)
				for _, y := range v {
					most = max(most, y, -y)
				}
				scale, inv := most/127, 127/most
				if most < 1e-34 {
					scale, inv = 0, 0
				}
				for i := range v {
					v[i] = scale * float32(math.RoundToEven(float64(float32(v[i]*inv))))
				}
			}
		}
	}
}
