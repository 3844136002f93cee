package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"llada/formats"
	"llada/runtime/cpu"
)

// The exit codes, documented in every command's help.
const (
	OK          = 0
	Failed      = 1
	BadUsage    = 2
	GateMissed  = 3 // a quality gate was not met
	Damaged     = 4 // an input is damaged or not what it claims
	Interrupted = 130
)

// ExitHelp ends a command's long help.
const ExitHelp = `
Exit codes: 0 ok · 1 failed · 2 usage · 3 quality gate not met ·
4 input damaged or not what it claims · 130 interrupted`

// usageError is a mistake in how a command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usagef makes an error that ends the program with BadUsage.
func Usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Usage marks err as a mistake in how the command was called; nil stays nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// gateError is a result that is not good enough.
type gateError struct{ error }

func (e gateError) Unwrap() error { return e.error }

// Gatef makes an error that ends the program with GateMissed.
func Gatef(format string, args ...any) error { return gateError{fmt.Errorf(format, args...)} }

// Code is the exit code of an error.
func Code(err error) int {
	var usage usageError
	var gate gateError
	var parse *formats.ParseError
	switch {
	case err == nil:
		return OK
	case errors.Is(err, context.Canceled):
		return Interrupted
	case errors.As(err, &usage):
		return BadUsage
	case errors.As(err, &gate):
		return GateMissed
	case errors.As(err, &parse):
		return Damaged
	}
	return Failed
}

// Globals are the flags of every command.
type Globals struct {
	JSON    bool
	Quiet   bool
	Threads int
}

// AddFlags registers the flags.
func (g *Globals) AddFlags(f *pflag.FlagSet) {
	f.BoolVar(&g.JSON, "json", false, "print the result as JSON")
	f.BoolVarP(&g.Quiet, "quiet", "q", false, "no progress on stderr")
	cores := cpu.Cores()
	Whole(f, &g.Threads, "threads", cores, 1, max(256, cores), "worker `threads`; the default is the number of physical cores")
}

// Main runs a command tree and returns its exit code. The first interrupt
// cancels the context, so that the command cleans up; a second one kills.
//
// broken is a fault found before, such as a LLADA_ variable that makes no sense;
// commands that compute nothing, help among them, work all the same.
func Main(root *cobra.Command, g *Globals, args []string, broken error) int {
	ctx, stop := signal.NotifyContext(context.Background(), interrupts()...)
	defer stop()
	context.AfterFunc(ctx, stop)

	root.SetOut(Visible(os.Stdout))
	root.SetErr(Visible(os.Stderr))
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if err := environment(cmd.Flags()); err != nil {
			return err
		}
		if broken != nil {
			return broken
		}
		return checkPaths(cmd, args)
	}
	usageFromCobra(root)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil {
		report(root.ErrOrStderr(), root.Name(), g.JSON, err)
	}
	return Code(err)
}

// interrupts are the signals that end a command: not those that whoever started
// it had it ignore, as nohup does.
func interrupts() []os.Signal {
	return slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
}

// usageFromCobra marks errors of argument checks as mistakes of usage. A
// command that only has subcommands shows its help and refuses unknown ones.
func usageFromCobra(c *cobra.Command) {
	if !c.Runnable() {
		c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	check := c.Args
	if check == nil {
		check = cobra.NoArgs
	}
	c.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return Usagef("%w\nTry %q", err, cmd.CommandPath()+" --help")
		}
		return nil
	}
	for _, sub := range c.Commands() {
		usageFromCobra(sub)
	}
}

func report(w io.Writer, name string, asJSON bool, err error) {
	text := strings.ReplaceAll(err.Error(), context.Canceled.Error(), "interrupted")
	if asJSON {
		line, _ := JSONLine(map[string]any{"error": text, "code": Code(err)})
		w.Write(line)
		return
	}
	fmt.Fprintf(w, "%s: %s\n", name, text)
}

// environment sets every flag that was not given from LLADA_<FLAG>.
func environment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "LLADA_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		if f.Changed || !ok || f.Name == "help" || f.Name == "version" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil && failed == nil {
			failed = Usagef("environment variable %s: %w", name, err)
		}
	})
	return failed
}

// JSONLine is v as a line of JSON.
func JSONLine(v any) ([]byte, error) {
	line, err := json.Marshal(v)
	return append(escape(line), '\n'), err
}

// PrintJSON writes one result as indented JSON.
func PrintJSON(w io.Writer, v any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escape(text.Bytes()))
	return err
}
