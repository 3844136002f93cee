//go:build unix

package cli

import (
	"runtime"
	"syscall"
)

// PeakRSS is the largest resident memory of this process so far, mapped file
// pages included, in bytes.
func PeakRSS() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return u.Maxrss // bytes there, kilobytes elsewhere
	}
	return u.Maxrss * 1024
}
