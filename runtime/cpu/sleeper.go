package cpu

import (
	"runtime"
	"sync/atomic"
	"time"
)

// patience is how long a worker looks for what it waits for before it sleeps.
// The loops of a forward pass follow each other within microseconds; waking a
// sleeper takes some 25.
const patience = 100 * time.Microsecond

// sleeper is how a goroutine waits for a condition that others bring about.
type sleeper struct {
	patience time.Duration
	asleep   atomic.Bool
	woken    chan struct{}
}

// newSleeper has no patience where those it waits for may need its processor.
func newSleeper() *sleeper {
	s := &sleeper{woken: make(chan struct{}, 1)}
	if runtime.GOMAXPROCS(0) > 1 {
		s.patience = patience
	}
	return s
}

// wait returns when the condition held. Whoever makes it true calls wake
// afterwards.
func (s *sleeper) wait(condition func() bool) {
	for start := time.Now(); time.Since(start) < s.patience; {
		if condition() {
			return
		}
	}
	for !condition() {
		s.asleep.Store(true)
		if condition() && s.asleep.CompareAndSwap(true, false) {
			return
		}
		<-s.woken // whoever takes the flag down sends
	}
}

func (s *sleeper) wake() {
	if s.asleep.CompareAndSwap(true, false) {
		s.woken <- struct{}{}
	}
}
