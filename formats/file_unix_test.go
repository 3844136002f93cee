//go:build unix

package formats

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A pipe without a writer is refused, not waited for.
func TestReadFilePipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o666); err != nil {
		t.Skip(err)
	}
	for path, want := range map[string]string{path: "is a pipe", "/dev/zero": "is a device"} {
		_, err := ReadFile(path, 10)
		var p *ParseError
		if !errors.As(err, &p) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", path, err)
		}
	}
}
