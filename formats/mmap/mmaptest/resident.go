// Package mmaptest tells tests what a mapping holds of memory, and whether a fault
// on one can be seen. Only tests use it. It must not import any other package of the project.
package mmaptest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"
)

// Resident is how many bytes this process has in memory of the mapping that b,
// which is not empty, is a part of. Where the system does not tell, the test is
// skipped: other systems than Linux have no /proc/self/smaps.
func Resident(t testing.TB, b []byte) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip("the system does not tell what is in memory: ", err)
	}
	addr := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	inside := false
	for line := range strings.Lines(string(text)) {
		var from, to uintptr
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			inside = from <= addr && addr < to
		}
		var kb int64
		if n, _ := fmt.Sscanf(line, "Rss: %d kB", &kb); n == 1 && inside {
			return kb << 10
		}
	}
	t.Skip("the system does not list the mapping")
	return 0
}

// Faultless says why a fault on a mapping cannot be brought about or recognized
// here; "" where it can.
func Faultless() string {
	switch {
	case runtime.GOOS == "windows":
		return "the system does not shorten a file that is mapped"
	case os.Getenv("LLADA_TEST_EXEC") != "":
		return "the emulator does not tell the address of a fault"
	}
	return ""
}

// NeedsFaults skips a test where there are none.
func NeedsFaults(t testing.TB) {
	t.Helper()
	if why := Faultless(); why != "" {
		t.Skip(why)
	}
}
