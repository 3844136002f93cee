//go:build purego || !(amd64 || arm64)

package asm

func machineTiers() []*Tier { return nil }
