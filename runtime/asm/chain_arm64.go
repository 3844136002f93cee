//go:build !purego

package asm

// chain makes 64·n dependent additions.
//
//go:noescape
func chain(n int)

const hasChain = true
