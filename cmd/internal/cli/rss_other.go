//go:build !unix

package cli

// PeakRSS is 0: not known on this system.
func PeakRSS() int64 { return 0 }
