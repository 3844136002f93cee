//go:build !linux

package cpu

func physical() int { return 0 }
