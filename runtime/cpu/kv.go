package cpu

import (
	"llada/runtime/asm"
	"llada/runtime/backend"
)

// kv holds keys and values as float32, head by head, in the order that the
// matrix kernel wants its weights: keys transposed, [dim][slots], and values
// [slots][dim]. Slots and dim are padded to whole strips of 32.
type kv struct {
	slots, heads, dim int
	ldk, ldv          int         // padded slots and padded dim
	k, v              [][]float32 // [layer][head·…]
}

func (c *kv) Slots() int { return c.slots }

// NewKV allocates keys and values of zeros.
func (b *Backend) NewKV(layers, slots, heads, dim int) (backend.KV, error) {
	// A strip read from the last slot on must stay inside the row, and rows an
	// odd number of strips apart do not evict each other.
	ldk := (pad(slots)/asm.StripRows + 1) | 1
	c := &kv{slots: slots, heads: heads, dim: dim, ldk: ldk * asm.StripRows, ldv: pad(dim)}
	for range layers {
		c.k = append(c.k, make([]float32, heads*dim*c.ldk))
		c.v = append(c.v, make([]float32, heads*slots*c.ldv))
	}
	return c, nil
}

// pad rounds up to whole strips.
func pad(n int) int { return (n + asm.StripRows - 1) / asm.StripRows * asm.StripRows }

// keys are those of a head from a slot on: row d, slot s at [d·ldk + s].
func (c *kv) keys(layer, head, slot int) []float32 {
	return c.k[layer][head*c.dim*c.ldk+slot : (head+1)*c.dim*c.ldk]
}

// values are those of a head from a slot on: slot s, column d at [s·ldv + d].
func (c *kv) values(layer, head, slot int) []float32 {
	return c.v[layer][(head*c.slots+slot)*c.ldv : (head+1)*c.slots*c.ldv]
}

// Store puts keys and values into their slots.
func (b *Backend) Store(dst backend.KV, layer int, k, v backend.Act, slots []int32) {
	c, ka, va := dst.(*kv), k.(*act), v.(*act)
	if len(slots) != ka.rows || ka.cols != c.heads*c.dim || va.cols != ka.cols || va.rows != ka.rows {
		panic("cpu: store: shapes differ")
	}
	b.pool.run(c.heads, func(_, h int) {
		keys, values := c.keys(layer, h, 0), c.values(layer, h, 0)
		for i, s := range slots {
			for d, x := range ka.row(i)[h*c.dim : (h+1)*c.dim] {
				keys[d*c.ldk+int(s)] = x
			}
			copy(values[int(s)*c.ldv:], va.row(i)[h*c.dim:(h+1)*c.dim])
		}
	})
}
