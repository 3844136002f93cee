// Command llada-convert turns a Hugging Face checkpoint of a masked-diffusion
// language model into one quantized file, and looks into such files.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"llada/cmd/internal/cli"
	"llada/runtime/asm"
)

// version is set when the program is built.
var version = "dev"

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	g := &cli.Globals{}
	return cli.Main(newRootCommand(g), g, args, cli.Usage(asm.Check()))
}

// newRootCommand is the command with all its subcommands.
func newRootCommand(g *cli.Globals) *cobra.Command {
	root := newConvertCommand(g)
	root.Version = version
	g.AddFlags(root.PersistentFlags())
	root.AddCommand(newInspectCommand(g), newVerifyCommand(g))
	return root
}
