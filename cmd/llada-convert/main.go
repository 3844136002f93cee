// Command llada-convert turns a Hugging Face checkpoint of a masked-diffusion
// language model into one quantized file, and looks into such files.
package main

import (
	"os"

	"llada/cmd/internal/cli"
	"llada/runtime/asm"
)

// version is set when the program is built.
var version = "dev"

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	g := &cli.Globals{}
	root := newConvertCommand(g)
	root.Version = version
	g.AddFlags(root.PersistentFlags())
	root.AddCommand(newInspectCommand(g), newVerifyCommand(g))
	return cli.Main(root, g, args, cli.Usage(asm.Check()))
}
