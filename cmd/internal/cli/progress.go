package cli

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Terminal reports whether f is a terminal.
func Terminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Progress shows work on stderr: what is at hand, how fast it goes and the time
// left.
type Progress struct{ bar *progressbar.ProgressBar }

// NewProgress starts a bar over total bytes, or an invisible one.
func NewProgress(total int64, g *Globals) *Progress { return newProgress(total, true, g) }

// NewCount starts a bar over a number of things.
func NewCount(total int64, g *Globals) *Progress { return newProgress(total, false, g) }

func newProgress(total int64, bytes bool, g *Globals) *Progress {
	out := io.Writer(os.Stderr)
	if g.Quiet || !Terminal(os.Stderr) {
		out = io.Discard
	}
	return &Progress{progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(out),
		progressbar.OptionShowBytes(bytes),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

// Describe names what is being worked on.
func (p *Progress) Describe(what string) { p.bar.Describe(Word(what)) }

// Add counts n bytes as done.
func (p *Progress) Add(n int64) { p.bar.Add64(n) }

// Close erases the bar.
func (p *Progress) Close() { p.bar.Clear() }
