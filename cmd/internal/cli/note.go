package cli

import (
	"fmt"
	"os"
)

// Note tells the user something on stderr, unless quiet.
func (g *Globals) Note(text string) {
	if !g.Quiet {
		fmt.Fprintf(Visible(os.Stderr), "note: %s\n", text)
	}
}
