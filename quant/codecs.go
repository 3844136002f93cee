package quant

import (
	"fmt"
	"sync"

	"llada/formats"
)

// Codecs makes codecs, one per encoding and codebook: a network's tensors share
// their tables. The zero value is ready. Its method may be called concurrently.
type Codecs struct {
	mu sync.Mutex
	q4 map[[16]int8]*folded
}

// For returns the codec that reads the tensor described by i, or an error that
// names its encoding.
func (c *Codecs) For(i formats.Info) (Codec, error) {
	switch i.Encoding {
	case formats.F32, formats.BF16:
		return Plain{i.Encoding}, nil
	case formats.Q8:
		return Q8{}, nil
	case formats.Q6:
		return newQ6(), nil
	case formats.Q4:
		if len(i.Codebook) != 16 {
			return nil, fmt.Errorf("tensor %s: encoding q4 needs a codebook of 16 values, found %d", i.Name, len(i.Codebook))
		}
		return c.forCodebook([16]int8(i.Codebook)), nil
	}
	return nil, fmt.Errorf("tensor %s: unknown encoding %q", i.Name, i.Encoding)
}

func (c *Codecs) forCodebook(codebook [16]int8) *folded {
	if codebook == GaussCodebook {
		return gaussQ4()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.q4[codebook]
	if f == nil {
		f = makeQ4(codebook)
		if c.q4 == nil {
			c.q4 = map[[16]int8]*folded{}
		}
		c.q4[codebook] = f
	}
	return f
}

// For is Codecs.For for a single tensor.
func For(i formats.Info) (Codec, error) { return new(Codecs).For(i) }
