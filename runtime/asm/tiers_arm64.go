//go:build !purego

package asm

import "golang.org/x/sys/cpu"

// The tiers of arm64.
func init() {
	a := cpu.ARM64
	register("neon", a.HasASIMD, &intNEON, &floatNEON, &genericSearch)
	register("dotprod", a.HasASIMDDP, &intDotProd, &floatNEON, &genericSearch)
	register("i8mm", a.HasASIMDDP && a.HasI8MM, &intI8MM, &floatNEON, &genericSearch)
}
