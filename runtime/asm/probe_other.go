//go:build (!amd64 && !arm64) || purego

package asm

func chain(int) {}

const hasChain = false
