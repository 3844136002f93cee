package main

import (
	"slices"
	"time"

	"llada/runtime/asm"
)

// peak measures the clock in GHz, and the int8 product from registers alone in
// G multiply-adds per second and core and in multiply-adds per cycle: medians of
// what is measured by turns.
func peak(threads int) (clock, gmacs, perCycle float64) {
	var clocks, peaks, ratios []float64
	for range 15 {
		c, p := asm.Clock(threads, 5)/1e9, asm.Peak(threads, 5)/1e9
		clocks, peaks = append(clocks, c), append(peaks, p)
		if c > 0 {
			ratios = append(ratios, p/c)
		}
	}
	if len(ratios) > 0 {
		perCycle = median(ratios)
	}
	return median(clocks), median(peaks), perCycle
}

// timing is the median of repeated work.
type timing struct {
	seconds float64
	rate    float64 // multiply-adds per second and core
	share   float64 // of the peak; 0: no probe
}

// batch is how long work is repeated between two probes of the peak.
const batch = 10 * time.Millisecond

// measure repeats work of so many multiply-adds for a while, and at least three
// times. The peak is probed between batches, and each batch is compared with the
// probes before and after it: the clock of a machine changes from moment to
// moment, and what else runs on it slows both.
func measure(threads int, macs float64, long time.Duration, work func()) timing {
	probe := func() float64 { return asm.Peak(threads, 3) }
	var times, shares []float64
	work() // fills caches and buffers
	before := probe()
	for begin := time.Now(); time.Since(begin) < long || len(times) < 3; {
		if len(times) == 0 || times[0] < batch.Seconds() {
			work() // wakes the workers
		}
		n, start := 0, time.Now()
		for ; n == 0 || time.Since(start) < batch; n++ {
			work()
		}
		took := time.Since(start).Seconds() / float64(n)
		after := probe()
		times = append(times, took)
		if before+after > 0 {
			shares = append(shares, macs/took/float64(threads)/((before+after)/2))
		}
		before = after
	}
	s := timing{seconds: median(times)}
	s.rate = macs / s.seconds / float64(threads)
	if len(shares) > 0 {
		s.share = median(shares)
	}
	return s
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
