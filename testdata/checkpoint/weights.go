package checkpoint

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"strings"

	"llada/formats"
)

// A distribution is its quantile function at 65536 points, in BF16: 16 random
// bits pick a number. Cheap, exact in its moments, cut at 4.2 deviations.
type distribution [1 << 16]uint16

// gaussian has mean 0.
func gaussian(deviation float64) *distribution {
	return quantiles(func(p float64) float64 { return deviation * math.Sqrt2 * math.Erfinv(2*p-1) })
}

// uniform is center ± radius.
func uniform(center, radius float64) *distribution {
	return quantiles(func(p float64) float64 { return center + radius*(2*p-1) })
}

func quantiles(at func(p float64) float64) *distribution {
	var d distribution
	values, raw := make([]float32, len(d)), make([]byte, 2*len(d))
	for i := range values {
		values[i] = float32(at((float64(i) + 0.5) / float64(len(d))))
	}
	if err := formats.EncodeFloat32(raw, values, formats.BF16); err != nil {
		panic(err) // the lengths are set above
	}
	for i := range d {
		d[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	return &d
}

// isNorm reports whether a tensor scales a normalized vector.
func isNorm(name string) bool {
	return strings.HasSuffix(name, "_norm.weight") || strings.HasSuffix(name, ".ln_f.weight")
}

// stream is the random sequence of one tensor: splitmix64, whose n-th output
// can be had without the ones before it.
type stream uint64

const golden = 0x9e3779b97f4a7c15

func newStream(seed uint64, name string) stream {
	h := fnv.New64a()
	h.Write([]byte(name))
	return stream(mix(mix(seed+golden) ^ h.Sum64()))
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fill writes the numbers from index first on; first is a multiple of 4, for
// each output gives 4.
func (s stream) fill(dst []byte, d *distribution, first int64) {
	state := uint64(s) + uint64(first/4)*golden
	for len(dst) >= 8 {
		state += golden
		z := mix(state)
		u := uint64(d[z&0xffff]) | uint64(d[z>>16&0xffff])<<16 |
			uint64(d[z>>32&0xffff])<<32 | uint64(d[z>>48])<<48
		binary.LittleEndian.PutUint64(dst, u)
		dst = dst[8:]
	}
	z := mix(state + golden)
	for ; len(dst) >= 2; dst, z = dst[2:], z>>16 {
		binary.LittleEndian.PutUint16(dst, d[z&0xffff])
	}
}
