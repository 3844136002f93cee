package cpu

import "runtime"

// Cores is the number of physical cores that this process may use: hardware
// threads of one core share its multipliers and gain nothing here.
func Cores() int {
	usable := runtime.GOMAXPROCS(0)
	if n := physical(); n > 0 && n < usable {
		return n
	}
	return usable
}
