package asm

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// topReference sorts everything.
func topReference(x []float32, k int) []int32 {
	var ids []int32
	for i, v := range x {
		if v == v {
			ids = append(ids, int32(i))
		}
	}
	slices.SortStableFunc(ids, func(i, j int32) int { return cmp.Compare(x[j], x[i]) })
	return ids[:min(k, len(ids))]
}

func TestTopK(t *testing.T) {
	all(t, "top k", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 1))
		var buf Top
		check := func(name string, x []float32, k int) {
			t.Helper()
			if got, want := TopK(x, k, &buf), topReference(x, k); !slices.Equal(got, want) {
				t.Fatalf("%s: %d of %d: %v, want %v", name, k, len(x), got, want)
			}
		}
		for _, n := range append(sizes[1:], 1023, 1024, 1025, 2050, 5000) {
			for offset := range 2 {
				x := random(rng, n, offset)
				ties, flat, falling := slices.Clone(x), slices.Repeat([]float32{-3}, n), slices.Clone(x)
				for i, v := range ties { // few values, zeros of both signs among them
					ties[i] = float32(math.Round(float64(v)))
				}
				slices.SortFunc(falling, func(a, b float32) int { return cmp.Compare(b, a) })
				rising := slices.Clone(falling)
				slices.Reverse(rising)
				edges := hostile(rng, n)
				for _, k := range []int{1, 2, min(7, n), (n + 1) / 2, max(n-1, 1), n} {
					k = min(k, n)
					check("random", x, k)
					check("ties", ties, k)
					check("all equal", flat, k)
					check("falling", falling, k)
					check("rising", rising, k)
					check("edges", edges, k)
				}
			}
		}
		for _, x := range [][]float32{
			{nan}, {nan, nan, nan}, {-inf}, {-inf, -inf}, {nan, -inf, nan, -inf}, {-inf, 1, -inf, inf, nan, inf},
			{0, float32(math.Copysign(0, -1)), 0}, {-math.MaxFloat32, -inf, math.MaxFloat32, inf},
		} {
			for k := range len(x) + 1 {
				check(fmt.Sprint(x), x, k)
			}
		}
	})
	mustPanic(t, "k above the length", "outside the elements", func() { TopK(make([]float32, 3), 4, new(Top)) })
	mustPanic(t, "negative k", "outside the elements", func() { TopK(make([]float32, 3), -1, new(Top)) })
}

// The kernel alone: it lists what is above, and writes no more than it may.
func TestAbove(t *testing.T) {
	all(t, "above", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(12, 1))
		for range 3000 {
			n := 1 + rng.IntN(70)
			x, limit := hostile(rng, n), hostile(rng, 1)[0]
			room := (n + lanes - 1) &^ (lanes - 1)
			got := slices.Repeat([]int32{-7}, room+guardWords)
			found := active.float.above(&got[0], &x[0], n, limit)
			var want []int32
			for i, v := range x {
				if v > limit {
					want = append(want, int32(i))
				}
			}
			if !slices.Equal(got[:found], want) {
				t.Fatalf("above %v of %v: %v, want %v", limit, x, got[:found], want)
			}
			for i, v := range got[room:] {
				if v != -7 {
					t.Fatalf("n=%d: id %d past the room was overwritten", n, i)
				}
			}
		}
	})
}

func TestTopKAllocatesNothing(t *testing.T) {
	x, buf := random(rand.New(rand.NewPCG(13, 1)), 10_000, 0), new(Top)
	TopK(x, 500, buf)
	if n := testing.AllocsPerRun(10, func() { TopK(x, 50, buf); TopK(x, 500, buf) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Many orders of the same keys, so that pivots fall everywhere.
func TestLeast(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 1))
	for n := range 200 {
		keys := make([]uint64, n)
		for i := range keys {
			keys[i] = uint64(i * i)
		}
		for range 20 {
			rng.Shuffle(n, func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
			k := rng.IntN(n + 1)
			got := slices.Sorted(slices.Values(least(slices.Clone(keys), k)))
			if want := slices.Sorted(slices.Values(keys))[:k]; !slices.Equal(got, want) {
				t.Fatalf("%d least of %d: %v, want %v", k, n, got, want)
			}
		}
	}
}

// heapTop is what a program without the kernel would do: a heap of the k
// greatest so far, the worst of them on top.
func heapTop(x []float32, k int, heap []uint64) []uint64 {
	down := func(i int) {
		for {
			c := 2*i + 1
			if c >= len(heap) {
				return
			}
			if c+1 < len(heap) && heap[c+1] > heap[c] {
				c++
			}
			if heap[i] >= heap[c] {
				return
			}
			heap[i], heap[c] = heap[c], heap[i]
			i = c
		}
	}
	heap = heap[:0]
	for i, v := range x[:k] {
		heap = append(heap, rank(v, i))
	}
	for i := k/2 - 1; i >= 0; i-- {
		down(i)
	}
	worst := x[uint32(heap[0])]
	for i, v := range x[k:] {
		if v > worst {
			heap[0] = rank(v, k+i)
			down(0)
			worst = x[uint32(heap[0])]
		}
	}
	slices.Sort(heap)
	return heap
}

func BenchmarkTopK(b *testing.B) {
	const n = 126464
	x := random(rand.New(rand.NewPCG(1, 1)), n, 0)
	run := func(name string, call func()) {
		b.Run(fmt.Sprintf("%s/n=%d", name, n), func(b *testing.B) {
			for b.Loop() {
				call()
			}
			b.ReportMetric(float64(b.N)*n/float64(b.Elapsed().Nanoseconds()), "elements/ns")
		})
	}
	ks, before := []int{1, 50, 256}, Active()
	defer Use(before)
	var heap []uint64
	for _, k := range ks {
		run(fmt.Sprintf("heap/k=%d", k), func() { heap = heapTop(x, k, heap) })
	}
	var buf Top
	for _, tier := range Names(true) {
		if err := Use(tier); err != nil {
			b.Fatal(err)
		}
		run("argMax/"+tier, func() { ArgMax(x) })
		for _, k := range ks {
			run(fmt.Sprintf("topK/%s/k=%d", tier, k), func() { TopK(x, k, &buf) })
		}
	}
}
