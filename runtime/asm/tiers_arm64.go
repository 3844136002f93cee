//go:build !purego

package asm

import "golang.org/x/sys/cpu"

// machineTiers are those of arm64.
func machineTiers() []*Tier {
	a := cpu.ARM64
	return []*Tier{
		{"neon", a.HasASIMD, &intNEON, &floatNEON, &searchNEON},
		{"dotprod", a.HasASIMDDP, &intDotProd, &floatNEON, &searchNEON},
		{"i8mm", a.HasASIMDDP && a.HasI8MM, &intI8MM, &floatNEON, &searchNEON},
	}
}
