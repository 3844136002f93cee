// Command _gen writes the assembly of package asm. It is a module of its own,
// so that the product does not depend on it.
//
//	go -C runtime/asm/_gen run . -kernels NAME -out FILE.s
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/mmcloughlin/avo/build"
)

// amd64 maps a set of kernels to its generator; each file of this package adds
// its own. A set becomes one .s file, runtime/asm/NAME_amd64.s.
var amd64 = map[string]func(){}

func main() {
	kernels := flag.String("kernels", "", "set of kernels to write") // -out is avo's
	flag.Parse()
	if _, ok := arm64[*kernels]; ok {
		if err := os.WriteFile(flag.Lookup("out").Value.String(), generateArm64(*kernels), 0o666); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	generate, ok := amd64[*kernels]
	if !ok {
		fmt.Fprintf(os.Stderr, "no kernels %q\n", *kernels)
		os.Exit(2)
	}
	generate()
	build.Generate()
}
