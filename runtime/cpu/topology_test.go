package cpu

import (
	"runtime"
	"testing"
)

func TestCores(t *testing.T) {
	if n := Cores(); n < 1 || n > runtime.GOMAXPROCS(0) {
		t.Errorf("%d cores of %d usable threads", n, runtime.GOMAXPROCS(0))
	}
	if n := physical(); runtime.GOOS == "linux" && n > runtime.NumCPU() {
		t.Errorf("%d cores, but %d threads", n, runtime.NumCPU())
	}
}
