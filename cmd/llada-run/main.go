// Command llada-run runs a masked-diffusion language model from one container
// file: it generates text, shows logits and says what the machine offers.
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
	root := &cobra.Command{
		Use:   "llada-run",
		Short: "Run a masked-diffusion language model",
		Long: `Run a masked-diffusion language model from one file made by llada-convert.

Examples:
  llada-run generate -m llada.llada --prompt "What is the capital of France?"
  llada-run info
` + cli.ExitHelp,
		Version: version,
	}
	g.AddFlags(root.PersistentFlags())
	root.AddCommand(newGenerateCommand(g), newScoreCommand(g), newCompareCommand(g), newLogitsCommand(g), newBenchCommand(g), newInfoCommand(g))
	return root
}
