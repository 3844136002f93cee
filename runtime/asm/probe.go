package asm

import (
	"sync"
	"time"
)

// Peak is the number of int8 multiply-adds per second and core that the
// processor makes from registers alone with the best product of the active
// tier, while `threads` cores work; 0 where the tier has no probe. It is
// measured, for about a third of a millisecond per try.
func Peak(threads, tries int) float64 {
	k := active.ints
	if k.probe == nil {
		return 0
	}
	return rate(threads, tries, k.probe) * float64(k.probeMACs)
}

// Clock is the frequency of a busy core in Hz, 0 where it cannot be measured.
func Clock(threads, tries int) float64 {
	if !hasChain {
		return 0
	}
	return 64 * rate(threads, tries, chain)
}

// rate is how many rounds of f a core makes per second: the mean over the cores
// of each one's best try, since whatever disturbs a try only slows it.
func rate(threads, tries int, f func(n int)) float64 {
	const rounds = 100_000
	best := make([]float64, threads)
	var wait sync.WaitGroup
	for i := range threads {
		wait.Go(func() {
			for range tries {
				start := time.Now()
				f(rounds)
				best[i] = max(best[i], rounds/time.Since(start).Seconds())
			}
		})
	}
	wait.Wait()
	sum := 0.0
	for _, b := range best {
		sum += b
	}
	return sum / float64(threads)
}
