//go:build !purego

package asm

import (
	"slices"

	"golang.org/x/sys/cpu"
)

func init() {
	x := cpu.X86
	fma := x.HasAVX2 && x.HasFMA
	if !slices.Contains(Names(false), "avx2") {
		register("avx2", fma, &intAVX2, &genericFloats)
	}
	if !slices.Contains(Names(false), "avxvnni") {
		register("avxvnni", fma && x.HasAVXVNNI, &intAVXVNNI, &genericFloats)
	}
}
