package backend

import (
	"math"
	"testing"
)

// The numbers of docs/numerics.md.
func TestNoiseValues(t *testing.T) {
	for _, c := range []struct {
		words []uint64
		key   Key
		u     [3]float64
	}{
		{nil, 0x0, [3]float64{0.88331080821364261, 0.43152799704851008, 0.026433771592597854}},
		{[]uint64{0}, 0xe220a8397b1dcdaf, [3]float64{0.65244848637403219, 0.70121210952152524, 0.38712414097578562}},
		{[]uint64{1, 2, 3}, 0x6ae515c1c0ac7e37, [3]float64{0.13008570855617541, 0.43731843203192933, 0.95492551128472425}},
	} {
		k := NewKey(c.words...)
		if k != c.key {
			t.Errorf("key of %v is %#016x, want %#016x", c.words, uint64(k), uint64(c.key))
		}
		for i, want := range c.u {
			if got := k.Uniform(uint64(i)); got != want {
				t.Errorf("number %d of %v is %.17g, want %.17g", i, c.words, got, want)
			}
		}
	}
}

func TestUniformStaysInside(t *testing.T) {
	// The greatest and least states of the upper bits.
	for _, z := range []uint64{0, math.MaxUint64} {
		u := (float64(z>>12) + 0.5) / (1 << 52)
		if u <= 0 || u >= 1 {
			t.Errorf("state %#x gives %v", z, u)
		}
	}
}

const draws = 200_000

func TestUniformMoments(t *testing.T) {
	// Mean ½, variance 1/12, fourth central moment 1/80; bounds of 4.5 standard
	// errors.
	var m1, m2, m4 float64
	k := NewKey(42, 0, 7)
	for i := range uint64(draws) {
		u := k.Uniform(i) - 0.5
		m1 += u
		m2 += u * u
		m4 += u * u * u * u
	}
	for _, c := range []struct {
		name            string
		got, want, size float64
	}{
		{"mean", m1 / draws, 0, math.Sqrt(1.0 / 12)},
		{"variance", m2 / draws, 1.0 / 12, math.Sqrt(1.0 / 180)},
		{"fourth moment", m4 / draws, 1.0 / 80, math.Sqrt(1.0/2304 - 1.0/6400)},
	} {
		if diff := math.Abs(c.got - c.want); diff > 4.5*c.size/math.Sqrt(draws) {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	var bins [256]float64
	for i := range uint64(draws) {
		bins[int(k.Uniform(i)*256)]++
	}
	chi := 0.0
	for _, n := range bins {
		chi += (n - draws/256.0) * (n - draws/256.0) / (draws / 256.0)
	}
	if chi < 165 || chi > 350 { // 255 degrees of freedom, ±4 standard deviations
		t.Errorf("χ² of 256 bins is %.1f", chi)
	}
}

// Neighbouring tokens, positions, steps and seeds share no noise.
func TestNoiseIsNotCorrelated(t *testing.T) {
	const n = 50_000
	for name, pair := range map[string]func(i uint64) (float64, float64){
		"tokens":    func(i uint64) (float64, float64) { k := NewKey(1, 2, 3); return k.Uniform(i), k.Uniform(i + 1) },
		"positions": func(i uint64) (float64, float64) { return NewKey(1, 2, i).Uniform(5), NewKey(1, 2, i+1).Uniform(5) },
		"steps":     func(i uint64) (float64, float64) { return NewKey(1, i, 3).Uniform(5), NewKey(1, i+1, 3).Uniform(5) },
		"seeds":     func(i uint64) (float64, float64) { return NewKey(i, 2, 3).Uniform(5), NewKey(i+1, 2, 3).Uniform(5) },
		"step and position exchanged": func(i uint64) (float64, float64) {
			return NewKey(1, i, i+1).Uniform(0), NewKey(1, i+1, i).Uniform(0)
		},
		"position and token exchanged": func(i uint64) (float64, float64) {
			return NewKey(1, 2, i).Uniform(i + 1), NewKey(1, 2, i+1).Uniform(i)
		},
	} {
		sum := 0.0
		for i := range uint64(n) {
			u, v := pair(i)
			sum += (u - 0.5) * (v - 0.5)
		}
		// 4.5 standard errors of a correlation of 0.
		if r := 12 * sum / n; math.Abs(r) > 4.5/math.Sqrt(n) {
			t.Errorf("%s: correlation %.4f", name, r)
		}
	}
}

// Sampled tokens follow softmax(x/t).
func TestSamplingFrequencies(t *testing.T) {
	logits := []float32{2, 1, 0, -1, float32(math.Inf(-1)), 1.5, 0.25}
	for _, temp := range []float64{0.5, 1, 2.5} {
		weights, sum := make([]float64, len(logits)), 0.0
		for i, v := range logits {
			weights[i] = math.Exp(float64(v) / temp)
			sum += weights[i]
		}
		const n = 20_000
		counts := make([]float64, len(logits))
		for i := range uint64(n) {
			counts[noisyArgMax(logits, temp, NewKey(99, 0, i))]++
		}
		chi := 0.0
		for i, w := range weights {
			if w == 0 {
				if counts[i] != 0 {
					t.Errorf("T=%v: a token of probability 0 is drawn", temp)
				}
				continue
			}
			want := n * w / sum
			chi += (counts[i] - want) * (counts[i] - want) / want
		}
		if chi > 22.5 { // 5 degrees of freedom, p < 0.0005
			t.Errorf("T=%v: χ² is %.1f; drawn %v", temp, chi, counts)
		}
	}
}

func TestSamplingWithoutTemperature(t *testing.T) {
	logits := []float32{0.5, 0.5001, -3, 0.4999}
	for i := range uint64(2000) {
		if got := noisyArgMax(logits, 1e-6, NewKey(3, 4, i)); got != 1 {
			t.Fatalf("token %d is drawn at T=1e-6", got)
		}
	}
}
