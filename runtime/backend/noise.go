package backend

// Key is the state of a counter-based generator: the same seed, step and
// position give the same noise on every device, in any order, on any number of
// threads.
type Key uint64

// The constants of splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
const gamma = 0x9E3779B97F4A7C15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// NewKey mixes the words of a key, such as seed, step and position, one by one:
// k ← mix(k + word + gamma).
func NewKey(words ...uint64) Key {
	k := uint64(0)
	for _, w := range words {
		k = mix(k + w + gamma)
	}
	return Key(k)
}

// Uniform is the i-th number of the key, in (0, 1): the upper 52 bits of
// mix(key + (i+1)·gamma), plus a half, over 2⁵². With 53 bits the half would
// not fit float64, and the greatest number would round to 1.
func (k Key) Uniform(i uint64) float64 {
	return (float64(k.bits(i)) + 0.5) / (1 << 52)
}

func (k Key) bits(i uint64) uint64 { return mix(uint64(k)+(i+1)*gamma) >> 12 }
