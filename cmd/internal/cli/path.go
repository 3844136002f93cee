package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"llada/formats"
	"llada/formats/output"
)

// Path is a flag that names a file or folder, and says what becomes of it, so
// that no command writes over what it reads.
type Path struct {
	value  *string
	writes bool
	files  []string // those of a folder that are read and written
}

// Input adds a flag for a file or a folder of files to read.
func Input(f *pflag.FlagSet, p *string, name, short, usage string) {
	f.VarP(&Path{value: p}, name, short, usage)
}

// Output adds a flag for a file to write.
func Output(f *pflag.FlagSet, p *string, name, short, usage string) {
	f.VarP(&Path{value: p, writes: true}, name, short, usage)
}

// Work adds a flag for a folder in which files of these names are kept.
func Work(f *pflag.FlagSet, p *string, name, usage string, files ...string) {
	f.VarP(&Path{p, true, files}, name, "", usage)
}

func (p *Path) Set(text string) error { *p.value = text; return nil }
func (p *Path) Type() string          { return "path" }
func (p *Path) String() string {
	if p.value == nil {
		return ""
	}
	return *p.value
}

// claim is a file that a command uses.
type claim struct {
	what   string // the flag or argument that names it
	path   string
	writes bool
}

// checkPaths refuses an output that is one of the inputs, by whatever name, or
// another output. Arguments of both commands are inputs.
func checkPaths(c *cobra.Command, args []string) error {
	var in, out []claim
	for _, a := range args {
		in = append(in, claim{"the argument", a, false})
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		p, ok := f.Value.(*Path)
		what := "--" + f.Name
		switch {
		case !ok || *p.value == "":
		case p.files != nil:
			for _, name := range p.files {
				out = append(out, claim{what, filepath.Join(*p.value, name), true})
			}
		case p.writes:
			out = append(out, claim{what, *p.value, true})
		default:
			in = append(in, claim{what, *p.value, false})
		}
	})
	for i, o := range out {
		for _, other := range append(out[i+1:], in...) {
			if err := o.meets(other); err != nil {
				return err
			}
		}
	}
	return nil
}

// meets is the error of an output that is also another thing.
func (o claim) meets(other claim) error {
	if !other.writes && other.path == "-" {
		return nil // standard input
	}
	for _, path := range contents(other.path) {
		switch {
		case !o.is(path):
		case other.writes:
			return Usagef("%s %s is also written as %s: name another file", o.what, o.path, other.what)
		default:
			return Usagef("%s %s is also read, as %s %s: an output is never one of the inputs", o.what, o.path, other.what, other.path)
		}
	}
	return nil
}

// is reports whether path is what o writes, or what that is called before it is
// whole.
func (o claim) is(path string) bool {
	return slices.ContainsFunc([]string{"", formats.PartialSuffix, output.WholeSuffix}, func(suffix string) bool {
		return output.Same(o.path+suffix, path)
	})
}

// contents is a file, or the files of a folder, a checkpoint's. Containers that
// were written among them are none of it.
func contents(path string) []string {
	files, err := os.ReadDir(path)
	if err != nil {
		return []string{path}
	}
	all := []string{}
	for _, f := range files {
		if name := strings.TrimSuffix(f.Name(), formats.PartialSuffix); filepath.Ext(name) == ".llada" {
			continue
		}
		all = append(all, filepath.Join(path, f.Name()))
	}
	return all
}
