package script

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
)

// noNumber is what no flag for numbers takes.
var noNumber = []string{"", " ", "x", "0x10", "1e999", "-1e999", "NaN", "nan", "Inf", "-Inf", "infinity", "-9223372036854775809", "18446744073709551616", "1;2"}

// Flags holds every flag of a command and its subcommands to a kind that is
// checked before the command runs: numbers have a range, files and folders are
// known to be read or written.
func Flags(t *testing.T, c *cobra.Command) {
	check := func(f *pflag.Flag) {
		name, usage := pflag.UnquoteUsage(f)
		switch v := f.Value.(type) {
		case cli.Ranged:
			if _, all, _ := strings.Cut(v.Range(), " to "); !strings.Contains(usage, v.Range()) && all != "18446744073709551615" {
				t.Errorf("%s --%s: its help does not say %s", c.CommandPath(), f.Name, v.Range())
			}
			before := v.String()
			for _, text := range noNumber {
				if v.Set(text) == nil || v.String() != before {
					t.Errorf("%s --%s: takes %q as %s", c.CommandPath(), f.Name, text, v)
				}
			}
		case *cli.Path:
		default:
			if file := name == "file" || name == "folder" || name == "checkpoint" || name == "path"; file {
				t.Errorf("%s --%s names a file: add it with cli.Input or cli.Output", c.CommandPath(), f.Name)
			}
			if kind := v.Type(); kind != "bool" && kind != "string" {
				t.Errorf("%s --%s is a bare %s: add it with a range", c.CommandPath(), f.Name, kind)
			}
		}
	}
	c.LocalFlags().VisitAll(check)
	for _, sub := range c.Commands() {
		Flags(t, sub)
	}
}
