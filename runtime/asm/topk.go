package asm

import (
	"math"
	"math/bits"
	"slices"
)

// Top holds the buffers of TopK from call to call. Its zero value is ready; it
// serves one call at a time.
type Top struct {
	found []int32  // of one scan
	keys  []uint64 // candidates
	ids   []int32  // the answer
}

// topChunk is how many elements a scan takes at least.
const topChunk = 1024

// TopK lists the indices of the k greatest of x, the greatest first and the
// lowest index first among equals. NaN is passed over, so that there may be
// fewer than k. k is from 0 to len(x), which fits an int32. The list is valid
// until buf is used again, and nothing is allocated once buf has grown.
//
// A kernel scans for elements above what the k-th greatest is known to be at
// least; a later equal is never among the k. Whenever 4k of them are gathered,
// all but k are dropped, which raises that bound. On numbers in random order
// about 3k·ln(n/k) pass, in the worst order every number does; either way the
// time per candidate does not depend on k.
func TopK(x []float32, k int, buf *Top) []int32 {
	if k < 0 || k > len(x) {
		panic("asm: top k: k is outside the elements")
	}
	buf.ids = buf.ids[:0]
	if k == 0 {
		return buf.ids
	}
	chunk := (min(max(topChunk, 4*k), len(x)) + lanes - 1) &^ (lanes - 1)
	buf.found = slices.Grow(buf.found[:0], chunk)[:chunk]
	keys, above := slices.Grow(buf.keys[:0], min(2*chunk, len(x))), float32(math.Inf(-1))
	for lo := 0; lo < len(x); lo += chunk {
		part := x[lo:min(lo+chunk, len(x))]
		n := active.float.above(&buf.found[0], &part[0], len(part), above)
		for _, i := range buf.found[:n] {
			keys = append(keys, rank(part[i], lo+int(i)))
		}
		if len(keys) >= chunk {
			keys = least(keys, k)
			above = x[uint32(slices.Max(keys))]
		}
	}
	keys = least(keys, k)
	slices.Sort(keys)
	for _, key := range keys {
		buf.ids = append(buf.ids, int32(uint32(key)))
	}
	// Nothing is below −∞: what is equal to it comes last.
	for i := 0; i < len(x) && len(buf.ids) < k; i++ {
		if math.IsInf(float64(x[i]), -1) {
			buf.ids = append(buf.ids, int32(i))
		}
	}
	buf.keys = keys
	return buf.ids
}

// rank orders elements as TopK does, the first having the least key: bits of v
// that ascend as v falls, then the index. Zeros of both signs are equal.
func rank(v float32, i int) uint64 {
	const magnitude = 1<<31 - 1
	u := math.Float32bits(v + 0) // −0 + 0 is +0
	positive := ^uint32(int32(u) >> 31)
	return uint64(u^positive&magnitude)<<32 | uint64(i)
}

// least moves the k least of different keys to the front and returns them; all,
// if there are no more. It partitions without branches, which random keys would
// mispredict.
func least(all []uint64, k int) []uint64 {
	if len(all) <= k {
		return all
	}
	// keys is the part that the k-th least is in. Twice the rounds of even halves
	// are for bad luck with the pivots.
	keys, want := all, k
	for range 2 * bits.Len(uint(len(all))) {
		if len(keys) <= 16 {
			break
		}
		pivot := median(keys[0], keys[len(keys)/2], keys[len(keys)-1])
		below := 0
		for i, key := range keys {
			keys[i] = keys[below]
			keys[below] = key
			_, less := bits.Sub64(key, pivot, 0)
			below += int(less)
		}
		if below >= want {
			keys = keys[:below]
		} else {
			keys, want = keys[below:], want-below
		}
	}
	slices.Sort(keys)
	return all[:k]
}

func median(a, b, c uint64) uint64 { return max(min(a, b), min(max(a, b), c)) }
