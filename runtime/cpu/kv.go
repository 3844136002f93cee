package cpu

import (
	"fmt"
	"slices"

	"llada/formats"
	"llada/quant"
	"llada/runtime/asm"
	"llada/runtime/backend"
)

// kv holds keys and values head by head, in the order that the matrix kernel
// wants its weights: keys transposed, [dim][slots], and values [slots][dim]. Slots
// and dim are padded to whole strips of 32.
type kv struct {
	spec     backend.KVSpec
	ldk, ldv int       // padded slots and padded dim
	k, v     []numbers // by layer
}

// numbers are the keys or the values of a layer, in the encoding of the spec.
type numbers struct {
	f32   []float32
	half  []uint16
	ints  []int8
	scale []float32 // of ints: [head][slot]
}

func (c *kv) Spec() backend.KVSpec { return c.spec }

// Close lets the memory go.
func (c *kv) Close() error {
	*c = kv{spec: c.spec}
	return nil
}

// NewKV allocates keys and values of zeros.
func (b *Backend) NewKV(s backend.KVSpec) (backend.KV, error) {
	// A strip read from the last slot on must stay inside the row, and rows an
	// odd number of strips apart do not evict each other.
	ldk := (pad(s.Slots)/asm.StripRows + 1) | 1
	c := &kv{spec: s, ldk: ldk * asm.StripRows, ldv: pad(s.Dim)}
	for range s.Layers {
		k, err := newNumbers(s, s.Heads*s.Dim*c.ldk)
		if err != nil {
			return nil, err
		}
		v, err := newNumbers(s, s.Heads*s.Slots*c.ldv)
		if err != nil {
			return nil, err
		}
		c.k, c.v = append(c.k, k), append(c.v, v)
	}
	return c, nil
}

func newNumbers(s backend.KVSpec, n int) (numbers, error) {
	switch s.Encoding {
	case backend.KVF32:
		return numbers{f32: make([]float32, n)}, nil
	case backend.KVBF16:
		return numbers{half: make([]uint16, n)}, nil
	case backend.KVInt8:
		return numbers{ints: make([]int8, n), scale: make([]float32, s.Heads*s.Slots)}, nil
	}
	return numbers{}, fmt.Errorf("keys and values cannot be kept as %q", s.Encoding)
}

// pad rounds up to whole strips.
func pad(n int) int { return (n + asm.StripRows - 1) / asm.StripRows * asm.StripRows }

// put encodes x, the vector number i (head·slots + slot), to every step-th number
// from at on. q is room for as many numbers.
func (p *numbers) put(q []int8, x []float32, i, at, step int) {
	switch {
	case p.f32 != nil:
		for j, v := range x {
			p.f32[at+j*step] = v
		}
	case p.half != nil:
		for j, v := range x {
			p.half[at+j*step] = formats.RoundBF16(v)
		}
	default:
		p.scale[i] = quant.Int8(q, x)
		for j, v := range q[:len(x)] {
			p.ints[at+j*step] = v
		}
	}
}

// get decodes numbers from at on to dst. Those of int8 still lack their scale.
func (p *numbers) get(dst []float32, at int) {
	switch {
	case p.f32 != nil:
		copy(dst, p.f32[at:at+len(dst)])
	case p.half != nil:
		for j, v := range p.half[at : at+len(dst)] {
			dst[j] = formats.WidenBF16(v)
		}
	default:
		for j, v := range p.ints[at : at+len(dst)] {
			dst[j] = float32(v)
		}
	}
}

// Store puts keys and values into their slots. A key that is not finite becomes
// NaN, since a score of −∞ would hide it from its queries.
func (b *Backend) Store(dst backend.KV, layer int, k, v backend.Act) {
	if b.over() {
		return
	}
	c, ka, va := dst.(*kv), k.(*act), v.(*act)
	s := c.spec
	if len(b.pass.slots) != ka.rows || ka.cols != s.Heads*s.Dim || va.cols != ka.cols || va.rows != ka.rows {
		panic(fmt.Sprintf("cpu: store: %d×%d keys and %d×%d values for %d slots of %d×%d", ka.rows, ka.cols, va.rows, va.cols, len(b.pass.slots), s.Heads, s.Dim))
	}
	b.run(s.Heads, func(worker, h int) {
		w := &b.scratch[worker]
		w.ints = sized(w.ints, s.Dim)
		for i, slot := range b.pass.slots {
			n, cols := h*s.Slots+int(slot), h*s.Dim
			key := ka.row(i)[cols : cols+s.Dim]
			if squares := asm.Dot(key, key); squares-squares != 0 {
				w.row = slices.Repeat([]float32{squares - squares}, s.Dim)
				key = w.row
			}
			c.k[layer].put(w.ints, key, n, cols*c.ldk+int(slot), c.ldk)
			c.v[layer].put(w.ints, va.row(i)[cols:cols+s.Dim], n, n*c.ldv, 1)
		}
	})
}

// direct reports whether attention can use a span's keys and values where they
// lie.
func (c *kv) direct(s backend.Span) bool {
	return len(s.Keys) == 1 && c.spec.Encoding == backend.KVF32
}

// inPlace are the keys and values of a head in one range of slots, where they are
// float32: key d, slot s at [d·ldk + s]; value d, slot s at [s·ldv + d].
func (c *kv) inPlace(layer, head int, r backend.Range) (keys, values []float32) {
	k, v, s := c.k[layer].f32, c.v[layer].f32, c.spec
	return k[head*s.Dim*c.ldk+r.Slot : (head+1)*s.Dim*c.ldk], v[(head*s.Slots+r.Slot)*c.ldv : (head+1)*s.Slots*c.ldv]
}

// gather decodes those of several ranges, one behind the other, to keys
// [dim][ldk] and values [slots][ldv], ldk being the width of the rows of keys.
func (c *kv) gather(keys, values []float32, ldk, layer, head int, ranges []backend.Range) {
	s, at := c.spec, 0
	for _, r := range ranges {
		for d := range s.Dim {
			c.k[layer].get(keys[d*ldk+at:][:r.Slots], (head*s.Dim+d)*c.ldk+r.Slot)
		}
		for i := range r.Slots {
			n := head*s.Slots + r.Slot + i
			value := values[(at+i)*c.ldv:][:s.Dim]
			c.v[layer].get(value, n*c.ldv)
			if scale := c.v[layer].scale; scale != nil {
				for d := range value {
					value[d] *= scale[n]
				}
				for d := range s.Dim {
					keys[d*ldk+at+i] *= c.k[layer].scale[n]
				}
			}
		}
		at += r.Slots
	}
}
