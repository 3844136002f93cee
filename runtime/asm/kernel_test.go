package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// all runs f once for every tier that this processor has. The portable one is
// always there.
func all(t *testing.T, kernel string, f func(t *testing.T)) {
	before := Active()
	defer Use(before)
	for _, tier := range Names(true) {
		if err := Use(tier); err != nil {
			t.Fatal(err)
		}
		t.Run(kernel+"/"+tier, f)
	}
}

const guardWords = 17 // odd, so that slices between guards are not aligned

// guard is a value that no kernel computes from the tests' inputs.
const guard = -12345.678

// guarded is a slice of n words between guards, starting `offset` words past an
// allocation's start.
type guarded struct {
	all []float32
	x   []float32
}

func newGuarded(n, offset int) guarded {
	all := make([]float32, guardWords+offset+n+guardWords)
	for i := range all {
		all[i] = guard
	}
	lo := guardWords + offset
	g := guarded{all, all[lo : lo+n : lo+n]}
	clear(g.x)
	return g
}

// check reports a guard that was overwritten.
func (g guarded) check(t *testing.T) {
	t.Helper()
	lo := len(g.all) - len(g.x) - guardWords
	for i, v := range g.all {
		if (i < lo || i >= lo+len(g.x)) && v != guard {
			t.Fatalf("word %d beside the output was overwritten by %v", i-lo, v)
		}
	}
}

func random(rng *rand.Rand, n, offset int) []float32 {
	x := make([]float32, n+offset)[offset:]
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func sameBits(t *testing.T, got, want []float32) {
	t.Helper()
	for i := range want {
		if !same(got[i], want[i]) {
			t.Fatalf("output %d of %d is %v, want %v", i, len(want), got[i], want[i])
		}
	}
}

// ulps is the distance of x from y in units of the last place of float32(y).
func ulps(x float32, y float64) float64 {
	f := math.Abs(float64(float32(y)))
	unit := float64(math.Nextafter32(float32(f), float32(math.Inf(1)))) - f
	return math.Abs(float64(x)-y) / unit
}

func mustPanic(t *testing.T, name, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), want) {
			t.Errorf("%s: panic %v, want one with %q", name, r, want)
		}
	}()
	f()
}

func TestShortSlicesPanic(t *testing.T) {
	f := func(n int) []float32 { return make([]float32, n) }
	tile := func(n int) []byte { return make([]byte, n*Q8Tile) }
	acts := func(rows, cols int) *Acts {
		a := new(Acts)
		a.Reset(rows, cols)
		return a
	}
	for _, c := range []struct {
		name, want string
		call       func()
	}{
		{"multiply output", "short output", func() { new(Decoder).Multiply(f(63), Q8, Tiles{tile(1), tile(1)}, Tiles{}, nil, acts(2, 256), nil) }},
		{"multiply upper tiles", "short tiles", func() { new(Decoder).Multiply(f(64), Q8, Tiles{tile(1), tile(2)}, Tiles{}, nil, acts(2, 512), nil) }},
		{"multiply lower tiles", "short tiles", func() { new(Decoder).Multiply(f(64), Q8, Tiles{tile(2), tile(1)}, Tiles{}, nil, acts(2, 512), nil) }},
		{"matmul weights", "short weights", func() { MatMul(f(32), 32, f(159), 32, 5, f(5), 5, 1) }},
		{"matmul activations", "short activations", func() { MatMul(f(64), 32, f(160), 32, 5, f(9), 5, 2) }},
		{"matmul output", "short output", func() { MatMul(f(63), 32, f(160), 32, 5, f(10), 5, 2) }},
		{"dot", "lengths differ", func() { Dot(f(3), f(4)) }},
		{"add outputs", "short rows", func() { AddOutputs(f(40+31), 40, f(64), 2, 32) }},
		{"add outputs, outputs", "short rows", func() { AddOutputs(f(72), 40, f(63), 2, 32) }},
		{"add outputs, columns", "short rows", func() { AddOutputs(f(99), 40, f(99), 1, 33) }},
		{"copy outputs", "short rows", func() { CopyOutputs(f(40+31), 40, f(64), 2, 32) }},
		{"rmsnorm output", "lengths differ", func() { RMSNorm(f(3), f(4), f(4), 1) }},
		{"rmsnorm weight", "lengths differ", func() { RMSNorm(f(4), f(4), f(3), 1) }},
		{"silu output", "lengths differ", func() { SiLUMul(f(3), f(4), f(4)) }},
		{"silu up", "lengths differ", func() { SiLUMul(f(4), f(4), f(5)) }},
		{"rotate row", "lengths differ", func() { Rotate(f(7), f(4), f(4)) }},
		{"rotate sines", "lengths differ", func() { Rotate(f(8), f(4), f(3)) }},
	} {
		mustPanic(t, c.name, c.want, c.call)
	}
	// No rows need no slices.
	new(Decoder).Multiply(nil, Q8, Tiles{tile(1), nil}, Tiles{}, nil, acts(0, 256), nil)
	MatMul(nil, 32, nil, 32, 5, nil, 5, 0)
}
