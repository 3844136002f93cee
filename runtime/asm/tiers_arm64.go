//go:build !purego

package asm

import "golang.org/x/sys/cpu"

// The tiers of arm64.
func init() {
	a := cpu.ARM64
	register("neon", a.HasASIMD, &intNEON, &floatNEON, &searchNEON)
	register("dotprod", a.HasASIMDDP, &intDotProd, &floatNEON, &searchNEON)
	register("i8mm", a.HasASIMDDP && a.HasI8MM, &intI8MM, &floatNEON, &searchNEON)
}
