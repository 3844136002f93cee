package cpu

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// topology lists the hardware threads of each physical core that the process
// may run on; nil where the system does not tell.
func topology() [][]int {
	var allowed unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil {
		return nil
	}
	var cores [][]int
	seen := map[string]bool{}
	for cpu := range 8 * 128 { // as many as a CPUSet holds
		if !allowed.IsSet(cpu) {
			continue
		}
		list, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu))
		if err != nil {
			return nil
		}
		if key := strings.TrimSpace(string(list)); !seen[key] {
			seen[key] = true
			cores = append(cores, threads(key, &allowed))
		}
	}
	return cores
}

// threads parses a list such as "0,64" or "0-1", keeping what is allowed.
func threads(list string, allowed *unix.CPUSet) []int {
	var out []int
	for part := range strings.SplitSeq(list, ",") {
		from, to, ranged := strings.Cut(part, "-")
		first, err := strconv.Atoi(from)
		last := first
		if ranged && err == nil {
			last, err = strconv.Atoi(to)
		}
		if err != nil {
			continue
		}
		for cpu := first; cpu <= last; cpu++ {
			if allowed.IsSet(cpu) {
				out = append(out, cpu)
			}
		}
	}
	return out
}

// pin keeps the calling goroutine on one core, until it ends.
func pin(core []int) {
	runtime.LockOSThread()
	var set unix.CPUSet
	for _, cpu := range core {
		set.Set(cpu)
	}
	_ = unix.SchedSetaffinity(0, &set) // a hint: the results are the same without it
}
