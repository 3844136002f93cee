package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Cores is the number of physical cores that this process may use: hardware
// threads of one core share its multipliers and gain nothing here.
func Cores() int {
	usable := runtime.GOMAXPROCS(0)
	lists, _ := filepath.Glob("/sys/devices/system/cpu/cpu[0-9]*/topology/thread_siblings_list")
	cores := map[string]bool{}
	for _, l := range lists {
		if b, err := os.ReadFile(l); err == nil {
			cores[string(b)] = true
		}
	}
	if n := len(cores); n > 0 && n < usable {
		return n
	}
	return usable
}

// Bytes formats a size for people, in powers of 1000 as disks are sold.
func Bytes(n int64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if float64(n) >= u.size {
			return fmt.Sprintf("%.2f %s", float64(n)/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}
