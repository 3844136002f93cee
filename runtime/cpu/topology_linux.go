package cpu

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// physical counts the cores whose hardware threads the process may run on, 0
// where the system does not tell.
func physical() int {
	var allowed unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil {
		return 0
	}
	cores := map[string]bool{} // by the list of a core's threads
	for cpu := range 8 * len(allowed) * 8 {
		if !allowed.IsSet(cpu) {
			continue
		}
		list, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu))
		if err != nil {
			return 0
		}
		cores[string(list)] = true
	}
	return len(cores)
}
