package script

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// code runs a command that must end with a certain exit code.
func code(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "code N CMD ARG...")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

var signals = map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": os.Kill}

// interrupt sends a signal to a command as soon as a file that it writes has
// content, or so many lines, so that it is surely at work.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 4, "interrupt SIGNAL FILE CODE CMD ARG...")
	meanwhile(ts, args[1], args[2], args[3:], func(p *os.Process) error { return p.Signal(signals[args[0]]) })
}

// shrink cuts off all of a file but its first page while a command is at work
// on it, as interrupt does.
func shrink(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 4, "shrink INPUT FILE CODE CMD ARG...")
	meanwhile(ts, args[1], args[2], args[3:], func(*os.Process) error { return os.Truncate(ts.MkAbs(args[0]), 4096) })
}

// meanwhile runs a command, does something to it once a file that it writes has
// content, and asks for an exit code, or for "killed".
func meanwhile(ts *testscript.TestScript, file, code string, command []string, do func(*os.Process) error) {
	path, err := exec.LookPath(command[0])
	ts.Check(err)
	cmd := exec.Command(path, command[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{"HOME=/no-home", "TMPDIR=" + ts.Getenv("TMPDIR"), "LLADA_ASM=" + ts.Getenv("LLADA_ASM")}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	file, n, _ := strings.Cut(file, ":")
	lines, _ := strconv.Atoi(n)
	for started := false; !started; time.Sleep(2 * time.Millisecond) {
		select {
		case err := <-ended:
			ts.Fatalf("ended before it was at work: %v\n%s", err, out.String())
		default:
			text, err := os.ReadFile(ts.MkAbs(file))
			started = err == nil && len(text) > 0 && bytes.Count(text, []byte("\n")) >= lines
		}
	}
	ts.Check(do(cmd.Process))
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		cmd.Process.Kill()
		ts.Fatalf("still runs after 20 s")
	}
	ts.Check(os.WriteFile(ts.MkAbs("output"), out.Bytes(), 0o666))
	ts.Logf("%s", out.String())
	got := "killed"
	if n := cmd.ProcessState.ExitCode(); n >= 0 {
		got = strconv.Itoa(n)
	}
	if got != code {
		ts.Fatalf("exit code %s, want %s", got, code)
	}
}
