package convert

import (
	"fmt"
	"os"
	"testing"

	"llada/runtime/asm"
)

// Tests run on the best kernels, or on those that the environment names.
func TestMain(m *testing.M) {
	if err := asm.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}
