//go:build !purego

package asm

//go:noescape
func probeAVX512(n int)

//go:noescape
func probeAVX2(n int)

// chain makes 64·n dependent additions.
//
//go:noescape
func chain(n int)

const hasChain = true
