package main

import (
	. "github.com/mmcloughlin/avo/build"
)

func init() {
	amd64["x"] = func() {
		TEXT("x", NOSPLIT, "func()")
		RET()
	}
}
